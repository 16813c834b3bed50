"""Right and wrong answers to the tasks, a module a lesson."""
