# ruff: noqa: E501 - one way a line
"""Ways in which a secret that has no form of its own gets into what programs show.

`%s` is the secret; each is found by its name alone.
"""

from __future__ import annotations

SHOWN = [
    # Files and environments
    "DB_PASSWORD=%s\nAPI_KEY=abc", "SECRET_KEY='%s'", "database:\n  user: ann\n  password: %s\n",
    'password: "%s"', "- name: DB_PASSWORD\n  value: %s", "apiKey: '%s'", "secret_key: %s",
    "client_secret: %s", '[db]\npassword = "%s"', "[db]\npassword = %s", "[db]\npassword=%s",
    "machine example.org login ann password %s", "db.example.org:5432:mydb:ann:%s",
    "environ({'PATH': '/bin', 'DB_PASSWORD': '%s', 'X': '1'})", "PATH=/bin\nMY_TOKEN=%s\nHOME=/root",
    "export AWS_SECRET_ACCESS_KEY=%s", "set AWS_SECRET_ACCESS_KEY=%s",
    "aws_access_key_id = x\naws_secret_access_key = %s", "aws_session_token = %s",
    '{"auths": {"https://index.docker.io/v1/": {"auth": "%s"}}}', "//registry.npmjs.org/:_authToken=%s",
    "_auth=%s", "[pypi]\nusername = __token__\npassword = %s", '{"username":"ann","key":"%s"}',
    "    token: %s\n", "    client-key-data: %s", "kind: Secret\ndata:\n  password: %s\n",
    '{"db": {"password": "%s"}}', '"{\\"password\\": \\"%s\\"}"', '{"passphrase":"%s"}',
    # Command lines
    "docker login -u ann -p %s registry", "pip install --index-url https://ann:%s@pypi.example.org/simple x",
    "huggingface-cli login --token %s", "mysql -u root -p%s", "sshpass -p '%s' ssh ann@x",
    "wget --user=ann --password=%s https://x", "curl -H 'X-Api-Key: %s' https://x", "openssl enc -pass pass:%s",
    "az login --service-principal -u x -p %s --tenant y", "AWS_SECRET_ACCESS_KEY=%s aws s3 ls",
    "HF_TOKEN=%s python x.py", "curl -u ann:%s https://example.org",
    # Headers, cookies, addresses
    "Authorization: Bearer %s", "Authorization: token %s", "{'authorization': 'Bearer %s'}", "x-api-key: %s",
    "X-Auth-Token: %s", "PRIVATE-TOKEN: %s", "Cookie: sessionid=%s; a=b", "Set-Cookie: session=%s; HttpOnly",
    "cookies={'sessionid': '%s'}", "https://x.org/login?user=ann&password=%s", "https://x.org/v1?apikey=%s",
    "https://x.org/#access_token=%s&x=1", "https://x.org/token?client_secret=%s", "https://oauth2:%s@gitlab.com/a.git",
    "postgresql+psycopg2://ann:%s@localhost/db", "mongodb+srv://ann:%s@cluster0.mongodb.net/test",
    "https://x.blob.core.windows.net/c?sv=2020&sig=%s", "Driver={ODBC};Server=x;UID=ann;PWD=%s;",
    "host=x user=ann password=%s dbname=y",
    # What Python shows
    "Config(user='ann', password='%s', port=5432)", "user='ann' password='%s'", "  │ password = '%s' │",
    "password: str = '%s'", "(password := '%s')", "user, password = 'ann', '%s'", "auth=('ann', '%s')",
    "HTTPBasicAuth('ann', '%s')", "client.login('ann', '%s')", "wandb.login(key='%s')",
    "os.getenv('DB_PASSWORD', '%s')", "os.environ.get('API_TOKEN', '%s')", "setattr(cfg, 'password', '%s')",
    "DB_PASS = '%s'", "pwd = '%s'", "pw = '%s'", "credentials = 'ann:%s'", "password = b'%s'",
    "spark.conf.set('fs.azure.account.key.x.net', '%s')", "conf.set('fs.s3a.secret.key', '%s')",
    "CREATE USER ann IDENTIFIED BY '%s'", "ALTER ROLE ann WITH PASSWORD '%s'",
    "\r 10%%|█ | 1/10 [00:01<00:09, token=%s]", "INFO:root:using api key %s", "Your new password is: %s",
    # Tables
    "       user          password\n0       ann  %s", "user,password,role\nann,%s,admin",
    "           password\n0  %s", "0    %s\nName: password, dtype: object", "{'password': {0: '%s', 1: 'x'}}",
    '{"password": ["%s", "x"], "n": [1]}',
    "<table><tr><th>user</th><th>password</th></tr><tr><td>ann</td><td>%s</td></tr></table>",
]  # fmt: skip
IN_SOURCE = [
    way for way in SHOWN
    if not way.startswith(("[db]\npassword =", "[db]\npassword=%s", "aws_access", "aws_session", "[pypi]", "\r"))
    and not way.startswith(("INFO", "Your", "       user", "user,", "<table", "           pass"))
    and not way.startswith(("0    ", "{'password': {", '{"password": ['))
] + ['[db]\npassword = "%s"']  # fmt: skip
"""In code, what has no quotation marks is a variable."""
