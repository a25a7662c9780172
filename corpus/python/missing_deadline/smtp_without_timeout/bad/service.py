"""A mail is sent after each failed job, by a server that may never greet.

`smtplib` waits for the greeting for as long as it takes. Jobs that have failed then look as if they
ran, for hours.

Cause: missing-deadline. In the wild: apache/airflow#10122, rpm-software-management/dnf#1229.
"""

import smtplib
from email.message import EmailMessage


def letter(job: str, reason: str) -> EmailMessage:
    """Write the mail."""
    message = EmailMessage()
    message["Subject"] = f"{job} has failed"
    message["From"] = "jobs@example.org"
    message["To"] = "ops@example.org"
    message.set_content(reason)
    return message


def tell_of_failure(host: str, port: int, job: str, reason: str) -> None:
    """Send the mail."""
    with smtplib.SMTP(host, port) as server:  # bug: SN201
        server.send_message(letter(job, reason))
