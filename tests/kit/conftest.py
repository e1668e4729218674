collect_ignore = ["project"]  # a project of its own, whose tests are run by test_kit_project.py
