"""A mail is sent after each failed job, if the server greets in time."""

import logging
import smtplib
from email.message import EmailMessage

TIMEOUT = 10.0


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
    try:
        with smtplib.SMTP(host, port, timeout=TIMEOUT) as server:
            server.send_message(letter(job, reason))
    except OSError as error:
        logging.warning("no mail of %s: %s", job, error)
