"""A stream on the background that is left early is told as advice."""

from __future__ import annotations

import pytest

from lint._programs import go_function
from lint._wanted import go

HEAD = """
package p

import (
    "context"
    "io"

    "google.golang.org/grpc"
)
"""
OPEN = "stream, err := c.Offers(context.Background(), all)"


def function(code: str) -> None:
    """Hold a function of the statements ``code``."""
    go("SN505", go_function(HEAD, "f(ctx context.Context, c Client, all *All) error", code))


@pytest.mark.parametrize(
    "code",
    [
        f"{OPEN} // want advice\n use(err)\n x, err := stream.Recv()\n return x.Do(err)",
        (
            f"{OPEN} // want advice\n for {{\n x, err := stream.Recv()\n if err != nil {{\n"
            " return err\n"
            " }\n if x.Found {\n return nil\n }\n }"
        ),
        f"{OPEN} // want advice\n for i := 0; i < 3; i++ {{\n stream.Recv()\n }}\n return err",
        (
            "b := context.TODO()\n stream, err := c.Offers(b, all) // want advice\n"
            " stream.Send(all)\n stream.Recv()\n return err"
        ),
    ],
)
def test_one_that_is_left_early_is_told(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        (
            f"{OPEN}\n for {{\n x, err := stream.Recv()\n if err == io.EOF {{\n break\n }}\n"
            " if err != nil {\n return err\n }\n use(x)\n }\n return err"
        ),
        "stream, err := c.Offers(ctx, all)\n stream.Recv()\n return err",
        (
            "b, cancel := context.WithCancel(context.Background())\n defer cancel()\n"
            " stream, err := c.Offers(b, all)\n stream.Recv()\n return err"
        ),
        f"{OPEN}\n stream.Send(all)\n _, err = stream.CloseAndRecv()\n return err",
        f"{OPEN}\n t.stream = stream\n return err",
        f"{OPEN}\n go func() {{ stream.Recv() }}()\n return err",
        f"{OPEN}\n return t.read(stream)",
        "x, err := c.Get(context.Background(), all)\n use(x)\n return err",
    ],
)
def test_one_that_ends_or_somebody_has_is_not(code: str) -> None:
    function(code)
