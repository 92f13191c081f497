"""The operations as calls: `POST /api/NAME`, with the options of the command of that name as fields of a JSON object.

`fields` reads an operation's parser, `reading` a request by it, `describing` says what there is, `views` answers.
"""
