"""What the pytest plugin does once a test runs; `snowshed.pytest_plugin` holds the hooks alone."""
