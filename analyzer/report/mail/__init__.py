"""The report by mail: composed, then handed to a server, once for each state of the migration."""
