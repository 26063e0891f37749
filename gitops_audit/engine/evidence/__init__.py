"""What a second look tells of findings: the server, the deployers' records, Git's history, audit logs, the files."""
