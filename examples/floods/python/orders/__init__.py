"""The order service of a shop, with faults that `snowshed doctor` knows, each on its route.

    pip install 'snowshed[demo,aiohttp]'
    snowshed run --debug-port 6061 -- uvicorn orders.app:app

Ask for a route some dozens of times, such as /abandoned-sender, and let the doctor say what is
wrong; /healthy does the same kind of work and is well. The line that is wrong says so in a comment.
"""
