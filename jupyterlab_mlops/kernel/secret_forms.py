"""How secrets look: by the form of the key of a known service, or by the name before them.

Each table goes from a beginning, which is looked for first, to an expression that must match there;
where it has a group `secret`, only that goes.
"""

from __future__ import annotations

FORMS = {
    # Clouds
    "AKIA": r"AKIA[0-9A-Z]{16}\b",
    "ASIA": r"ASIA[0-9A-Z]{16}\b",
    "LTAI": r"LTAI[A-Za-z0-9]{12,24}\b",
    "AKID": r"AKID[A-Za-z0-9]{32}\b",
    "AIza": r"AIza[\w-]{35}",
    "ya29.": r"ya29\.[\w-]{20,}",
    "GOCSPX-": r"GOCSPX-[\w-]{28}",
    "AccountKey=": "AccountKey=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})",
    "SharedAccessKey=": "SharedAccessKey=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})",
    "8Q~": "8Q~[A-Za-z0-9_.~-]{31,37}",
    "dop_v1_": "dop_v1_[a-f0-9]{64}",
    "doo_v1_": "doo_v1_[a-f0-9]{64}",
    "dor_v1_": "dor_v1_[a-f0-9]{64}",
    "HRKU-": r"HRKU-[\w-]{30,}",
    "fm2_": "fm[12]_[A-Za-z0-9+/=_-]{40,}",
    "sbp_": r"\bsbp_[a-f0-9]{40}\b",
    "pscale_": "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,}",
    # Code and packages
    "ghp_": "ghp_[A-Za-z0-9]{36,}",
    "gho_": "gho_[A-Za-z0-9]{36,}",
    "ghu_": "ghu_[A-Za-z0-9]{36,}",
    "ghs_": "ghs_[A-Za-z0-9]{36,}",
    "ghr_": "ghr_[A-Za-z0-9]{36,}",
    "github_pat_": r"github_pat_\w{22,}",
    "glpat-": r"glpat-[\w-]{20,}",
    "gldt-": r"gldt-[\w-]{20,}",
    "glrt-": r"glrt-[\w-]{20,}",
    "glcbt-": r"glcbt-[\w-]{20,}",
    "ATBB": r"\bATBB[A-Za-z0-9]{28,}",
    "ATATT3x": "ATATT3x[A-Za-z0-9_=-]{50,}",
    "npm_": r"\bnpm_[A-Za-z0-9]{36}",
    "pypi-": r"pypi-AgE[A-Za-z0-9][\w-]{50,}",
    "rubygems_": "rubygems_[a-f0-9]{48}",
    "dckr_pat_": r"dckr_pat_[\w-]{27}",
    "oy2": r"\boy2[a-z0-9]{43}\b",
    "AKCp": r"\bAKCp[A-Za-z0-9]{69}",
    "pul-": r"\bpul-[a-f0-9]{40}\b",
    ".atlasv1.": r"\.atlasv1\.[\w-]{60,}",
    "hvs.": r"\bhvs\.[\w-]{24,}",
    "hvb.": r"\bhvb\.[\w-]{24,}",
    "dp.": r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}",
    "PMAK-": "PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
    "ops_eyJ": r"ops_eyJ[\w-]{100,}",
    "AGE-SECRET-KEY-1": "AGE-SECRET-KEY-1[0-9A-Z]{58}",
    # Models and data
    "hf_": r"\bhf_[A-Za-z0-9]{30,}",
    "sk-": r"\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}",
    "gsk_": r"\bgsk_[A-Za-z0-9]{40,}",
    "pplx-": "pplx-[A-Za-z0-9]{40,}",
    "xai-": r"\bxai-[A-Za-z0-9]{60,}",
    "r8_": r"\br8_[A-Za-z0-9]{37,}",
    "pcsk_": r"\bpcsk_\w{40,}",
    "tvly-": r"tvly-[\w-]{24,}",
    "lsv2_": "lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
    "nvapi-": r"nvapi-[\w-]{50,}",
    "dapi": r"\bdapi[a-f0-9]{32}(?:-\d)?\b",
    "KGAT_": "KGAT_[a-f0-9]{32}",
    "pnu_": r"\bpnu_[A-Za-z0-9]{36}\b",
    "sk_": r"\bsk_[a-f0-9]{48}\b",
    # Services
    "xox": "xox[abceoprs]-[A-Za-z0-9-]{10,}",
    "xapp-": r"xapp-\d-[A-Za-z0-9-]{20,}",
    "hooks.slack.com/": r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9/_-]{20,})",
    "/api/webhooks/": r"/api/webhooks/(?P<secret>\d{17,20}/[\w-]{60,})",
    "sk_live_": "sk_live_[A-Za-z0-9]{16,}",
    "sk_test_": "sk_test_[A-Za-z0-9]{16,}",
    "rk_live_": "rk_live_[A-Za-z0-9]{16,}",
    "rk_test_": "rk_test_[A-Za-z0-9]{16,}",
    "whsec_": "whsec_[A-Za-z0-9+/=]{24,}",
    "sq0": r"\bsq0(?:atp|csp|idp)-[\w-]{22,}",
    "shpat_": "shpat_[a-fA-F0-9]{32}",
    "shpca_": "shpca_[a-fA-F0-9]{32}",
    "shppa_": "shppa_[a-fA-F0-9]{32}",
    "shpss_": "shpss_[a-fA-F0-9]{32}",
    "SG.": r"\bSG\.[\w-]{16,}\.[\w-]{30,}",
    "key-": r"\bkey-[a-f0-9]{32}\b",
    "bot": r"\bbot\d{8,10}:[\w-]{35}\b",
    ":AA": r"(?<=\d{8}):AA[\w-]{33}\b",
    "lin_api_": "lin_api_[A-Za-z0-9]{40}",
    "ntn_": r"\bntn_[A-Za-z0-9]{40,}",
    "figd_": r"figd_[\w-]{40}",
    "glc_": r"\bglc_[A-Za-z0-9+/=]{32,}",
    "glsa_": "glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}",
    "NRAK-": "NRAK-[A-Z0-9]{27}",
    "sntrys_": "sntrys_[A-Za-z0-9+/=_]{40,}",
    "sntryu_": "sntryu_[a-f0-9]{64}",
    "pat-": r"\bpat-(?:na|eu)\d-[a-f0-9-]{36}",
    "EAACEdEose0cBA": "EAACEdEose0cBA[A-Za-z0-9]+",
    # Whoever made it
    # Not begun anew inside a word: that would be quadratic in "eyJeyJeyJ...".
    "eyJ": r"(?<![\w-]{2})eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+",
}
"""Found in their own case only; each has a match of `LONG` in it."""

KINDS = {
    "AWS key": "AKIA ASIA",
    "Alibaba key": "LTAI",
    "Tencent key": "AKID",
    "Google key": "AIza ya29. GOCSPX-",
    "Azure key": "AccountKey= SharedAccessKey= 8Q~",
    "DigitalOcean token": "dop_v1_ doo_v1_ dor_v1_",
    "Heroku key": "HRKU-",
    "GitHub token": "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    "GitLab token": "glpat- gldt- glrt- glcbt-",
    "Atlassian token": "ATBB ATATT3x",
    "npm token": "npm_",
    "PyPI token": "pypi-",
    "Docker token": "dckr_pat_",
    "Vault token": "hvs. hvb.",
    "Hugging Face token": "hf_",
    "OpenAI or Anthropic key": "sk-",
    "Groq key": "gsk_",
    "Perplexity key": "pplx-",
    "xAI key": "xai-",
    "Replicate token": "r8_",
    "LangSmith key": "lsv2_",
    "NVIDIA key": "nvapi-",
    "Databricks token": "dapi",
    "Kaggle token": "KGAT_",
    "Slack token": "xox xapp- hooks.slack.com/",
    "Discord hook": "/api/webhooks/",
    "Stripe key": "sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
    "Square token": "sq0",
    "Shopify token": "shpat_ shpca_ shppa_ shpss_",
    "SendGrid key": "SG.",
    "Telegram token": "bot :AA",
    "Grafana token": "glc_ glsa_",
    "Sentry token": "sntrys_ sntryu_",
    "web token": "eyJ",
    "private key": "-----begin AGE-SECRET-KEY-1",
}
"""What the secrets of some beginnings are called; others are keys."""

LONG = r"[A-Za-z0-9_+/=~-]{20}"

# A name may have a type behind it (`password: str = "…"`), or stand within something else.
_END = (
    r"""\\?["']?\]?\s*(?::\s*[A-Za-z][\w.\[\]| ]{0,40}=(?!=)|=>|:=|[=:](?!=))\s*[rbuf]{0,2}"""
    r"""(?P<escaped>\\)?(?P<q>"{3}|'{3}|["'])"""
)
# Behind an escaped mark, as in JSON, all ends at the next one; else the other one may stand within.
_QUOTED = r"""(?P<secret>(?(escaped)[^"'\n\\]{4,}|(?:\\[^\n]|(?!(?P=q))[^\n\\]){4,}))\\?(?P=q)"""
_TOKEN = r"(?P<secret>[A-Za-z0-9_.~+/=-]{8,})\\?(?P=q)"
_WORD = r"(?P<secret>(?=[\w.~+/-]*\d)(?=[\d_.~+/-]*[A-Za-z])[\w.~+/-]{8,}=*)"
_VARIABLE = r"\w*(?:token|secret|passw(?:or)?d|key)\w*"
_MIXED = r"(?=[\w.~+/-]*\d)(?=[\d_.~+/-]*[A-Za-z])"
# In upper case and without quotation marks it is a line of the environment, in source too.
_LINE = r"(?P<alone>" + _MIXED + r"[\w.~+/-]{8,}=*)(?![\w(\[.])"
_HEADER = r"""\\?["']?\s*[:=]\s*\\?["']?(?P<alone>""" + _MIXED + r"[\w.~+/-]{12,}=*)"
_SECOND = r"""\s*["'][^"'\n]*["']\s*,\s*b?["'](?P<secret>[^"'\n]{4,})["']"""
_DEFAULT = (
    r"""\(\s*(?:\w+,\s*)?["']\w*(?:token|secret|passw(?:or)?d|key|pwd)\w*["']\s*,\s*["']"""
    + (r"""(?P<secret>[^"'\n]{4,})["']""")
)
_OF_KEY = "(?:(?<=api)|(?<=access)|(?<=private)|(?<=secret)|(?<=account)|(?<=auth)|(?<=signing))"
_NEXT = r"""["']?\s*\n\s*["']?value["']?:\s*["']?(?P<alone>[^\s"']{4,})"""
_YAML = r":[ \t]+" + _WORD + r"[ \t]*(?=\r?\n|\Z)"

NAMES = {
    # The name and what follows it stay: `password = "…"`, `{"api_key": "…"}`, `env["X_KEY"] = "…"`.
    "passw": r"""(?:(?<=, )|(?<=,))passw(?:or)?d\s*=\s*["'][^"'\n]*["']\s*,\s*["']"""
    r"""(?P<alone>[^"'\n]{4,})["']|passw(?:or)?d""" + _END + _QUOTED,
    "passwor": r"passwort" + _END + _QUOTED + r"|password" + _NEXT,
    "passphrase": "passphrase" + _END + _QUOTED,
    "_pass": r"_pass(?:(?-i:(?<=_PASS))=" + _LINE + ")|_pass" + _END + _QUOTED,
    "pwd": r"(?<![a-z])pwd" + _END + _QUOTED,
    "pw": r"(?<![a-z])pw" + _END + _QUOTED,
    "credential": r"""credentials?\\?["']?\s*[=:]\s*["'][^"':/\n]+:(?P<secret>[^"'\n/]{6,})["']""",
    "secret": r"secret(?:_?(?:access_?)?key)?" + _END + _QUOTED + "|secret" + _NEXT,
    "api_key": "api_key" + _END + _QUOTED,
    "apikey": r"apikey" + _END + _QUOTED + r"|(?<=[?&#])apikey=(?P<alone>[^\s&\"'#\\]{6,})",
    "api-key": "api-key" + _END + _QUOTED + "|api-key" + _HEADER,
    "access_key": "access_key" + _END + _QUOTED,
    "access-key": "access-key" + _END + _QUOTED,
    "private_key": "private_key" + _END + _QUOTED,
    "privatekey": "privatekey" + _END + _QUOTED,
    "private-token": "private-token" + _HEADER,
    "account_key": "account_key" + _END + _QUOTED,
    "account.key": r"""account\.key[\w.-]*["']\s*,\s*["'](?P<secret>[^"'\n]{8,})["']""",
    "secret.key": r"""secret\.key["']?\s*[,=]\s*["']?(?P<secret>[^\s"']{8,})""",
    "_token": "_token" + _END + _TOKEN + "|_token" + _NEXT,
    "token": r"(?<!\w)token" + _END + _TOKEN,
    "auth-token": "auth-token" + _END + _TOKEN + "|auth-token" + _HEADER,
    "_auth": r"(?<![a-z])_auth(?:token)?=(?P<secret>[\w.+/=-]{8,})",
    "auth": r"""auth\\?["']\s*:\s*\\?["'](?P<secret>[A-Za-z0-9+/]{8,}={0,2})\\?["']"""
    r"|auth=\(" + _SECOND.replace("secret", "alone"),
    "basicauth(": r"basicauth\(" + _SECOND,
    "login(": r"login\((?:key|api_key|token)=[\"'](?P<alone>[^\"'\n]{8,})[\"']|login\(" + _SECOND,
    "fernet(": r"fernet\(\s*b?[\"'](?P<secret>[\w=-]{40,})[\"']",
    "getenv": "getenv" + _DEFAULT,
    "environ.get": r"environ\.get" + _DEFAULT,
    "setdefault": "setdefault" + _DEFAULT,
    "putenv": "putenv" + _DEFAULT,
    "setenv": "setenv" + _DEFAULT,
    "setattr": "setattr" + _DEFAULT,
    "bearer": r"bearer\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)",
    "authorization": r"authorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:token|apikey)\s+"
    r"(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
    "basic": r"basic\s+(?P<secret>(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{12,}={0,2})(?![A-Za-z0-9])",
    "cookie": r"cookie\\?[\"']?\s*:\s*\\?[\"']?[\w.-]+=(?P<secret>[^\s;\"'\\]{8,}[^\n\"'\\]*)",
    "sessionid": r"sessionid\\?[\"']?\s*[=:]\s*\\?[\"']?(?P<secret>[\w%.:+/-]{16,})",
    "csrftoken": r"csrftoken\\?[\"']?\s*[=:]\s*\\?[\"']?(?P<secret>[\w%.:+/-]{16,})",
    "-----begin ": r"-----begin [a-z ]{0,40}private key(?: block)?-----(?:(?!-----begin )(?s:.))*?"
    r"-----end [a-z ]{0,40}private key(?: block)?-----"
    # Cut off, or with numbers, colours or signs of a difference beside its lines.
    r"|-----begin [a-z ]{0,40}private key(?: block)?-----(?:[^A-Za-z0-9+/]{0,40}"
    r"(?:\d{1,5}\b[^A-Za-z0-9+/]{0,20})?n?[A-Za-z0-9+/]{40,}={0,2})+",
    # In addresses: behind a name, alone before the host, and among the fields of the query.
    "://": r"""://(?:[^\s/:@'"]*:(?P<secret>[^\s/@'"]+)|(?P<alone>[\w-]{16,}))(?=@)""",
    "token=": r"""(?<=[?&#])token=(?P<secret>[^\s&"'#\\]{6,})|(?-i:TOKEN)=""" + _LINE,
    "access_token=": r"""(?<=[?&#])access_token=(?P<secret>[^\s&"'#\\]{6,})""",
    "key=": r"""(?<=[?&])key=(?P<secret>[^\s&"'#\\]{12,})"""
    r"|(?:(?<=API_)|(?<=ACCESS_)|(?<=SECRET_)|(?<=PRIVATE_)|(?<=ACCOUNT_)|(?<=AUTH_))(?-i:KEY)="
    + _LINE,
    "api_key=": r"""(?<=[?&])api_key=(?P<secret>[^\s&"'#\\]{6,})""",
    "_access_key=": r"(?<=secret)_access_key=(?P<secret>[A-Za-z0-9/+]{16,})",
    "secret=": r"(?<=[?&_])secret=(?P<secret>" + _MIXED + r"[\w.~+/-]{8,}=*)(?![\w(\[.])",
    "sig=": r"""(?<=[?&])sig=(?P<secret>[^\s&"'#\\]{12,})""",
    "signature=": r"""(?<=[?&-])signature=(?P<secret>[^\s&"'#\\]{12,})""",
    # In files that cells write: a line of YAML, the parts of a connection.
    "password:": r"password:[ \t]+(?P<secret>(?=\S*[\d=])[^\s\"',;()\[\]{}]{8,})[ \t]*(?=\r?\n|\Z)",
    "api_key:": "api_key" + _YAML,
    "secret_key:": "secret_key" + _YAML,
    "client_secret:": "client_secret" + _YAML,
    "token:": "(?<![a-z])token" + _YAML,
    "key-data:": r"key-data:\s*(?P<secret>[A-Za-z0-9+/=]{16,})",
    "password=": r"(?<=[;?&])password=(?P<secret>[^\s;&\"'\\]{4,})|(?-i:PASSWORD)="
    + _LINE
    + r"|(?<=\s)password=(?P<other>[^\s'\",()]{4,})(?=\s+\w+=|['\"])",
    "pwd=": r"(?<=;)pwd=(?P<secret>[^\s;\"'\\]{4,})",
    "login ": r"login\s+\S+\s+password\s+(?P<secret>\S{4,})",
    ":5432:": r":5432:[^:\s]*:[^:\s]*:(?P<secret>\S{4,})",
    "username": r"""username\\?["']\s*:\s*\\?["'][^"'\n]+["']\s*,\s*\\?["']key\\?["']\s*:\s*"""
    r"""\\?["'](?P<secret>[\w-]{16,})""",
    "identified by": r"identified by\s+[\"'](?P<secret>[^\"'\n]{4,})[\"']",
    "password '": r"password\s+'(?P<secret>[^'\n]{4,})'",
    # On a command line.
    "--password": r"""--password[ =]+(?P<secret>[^\s'"\\]{4,})""",
    "--token": r"""--token[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--api-key": r"""--api-key[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--secret": r"""--secret[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--user ": r"""--user\s+["']?[^\s:"']+:(?P<secret>[^\s'"\\]{4,})""",
    "curl ": r"""curl\s[^\n]{0,300}?-u\s*["']?[^\s:"']+:(?P<secret>[^\s'"\\]{4,})""",
    "mysql": r"""mysql(?:dump|admin)?\s[^\n]{0,200}?\s-p(?P<secret>[^\s'"\\]{4,})""",
    "docker login": r"""docker login\s[^\n]{0,200}?-p\s*["']?(?P<secret>[^\s'"\\]{4,})""",
    "az login": r"""az login\s[^\n]{0,200}?-p\s+["']?(?P<secret>[^\s'"\\]{4,})""",
    "sshpass": r"""sshpass\s+-p\s*["']?(?P<secret>[^\s'"\\]{4,})""",
    "-pass": r"""-pass(?:in|out)?\s+pass:(?P<secret>[^\s'"\\]{4,})""",
    "pgpassword=": r"""pgpassword=["']?(?P<secret>[^\s$"']{4,})""",
    "%env ": r"%env\s+" + _VARIABLE + r"\s*[= ]\s*(?P<secret>[^\s$]{4,})",
    "%set_env ": r"%set_env\s+" + _VARIABLE + r"\s*[= ]\s*(?P<secret>[^\s$]{4,})",
    "export ": r"export\s+" + _VARIABLE + r"""=["']?(?P<secret>[^\s$"']{4,})""",
    "set ": r"(?<![a-z])set\s+" + _VARIABLE + r"""=["']?(?P<secret>[^\s$%"']{4,})""",
}
"""What stands before a secret that has no form of its own; found in any case."""

_SHOWN_WORD = r"(?P<secret>" + _MIXED + r"[\w.~+/-]{8,}=*)(?![\w(\[.])"
SHOWN = {
    "key: ": r"(?<=api[ _-])key:\s+[\"']?" + _WORD,
    "api key ": r"api key\s+(?=\S{16})" + _WORD,
    "token: ": r"(?<![A-Za-z])token:\s+[\"']?(?=\S{12})" + _WORD,
    "secret: ": r"(?<![A-Za-z])secret:\s+[\"']?(?=\S{8})" + _WORD,
    "password": r"""password(?:=|:\s+(?=\S*\d))(?P<secret>[^\s&;,'"()\[\]{}<>]{4,})"""
    r"""|password(?:\s+=\s+|\s+|\s+is:?\s+)(?P<alone>(?=\S*\d)(?=\S*[A-Za-z])"""
    r"""[^\s&;,'"()\[\]{}<>=:.]{8,})(?![(\[.])""",
    "passwd=": r"""passwd=(?P<secret>[^\s&;,'"()\[\]{}<>]{4,})""",
    "pwd=": r"""(?<![A-Za-z])pwd=(?P<secret>[^\s&;,'"()\[\]{}<>/]{4,})""",
    "_token=": r"_token=(?P<secret>(?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)(?!\()",
    "_token =": r"_token\s+=\s+(?=\S{12})" + _SHOWN_WORD,
    "token=": r"""(?<=[?&#])token=(?P<alone>[^\s&"'#\\]{6,})"""
    r"|(?<![A-Za-z_])token=(?=\S{16})"
    + _SHOWN_WORD
    + "|(?-i:TOKEN)="
    + _SHOWN_WORD.replace("secret", "other"),
    "_key=": _OF_KEY + "_key=" + _SHOWN_WORD,
    "_key =": _OF_KEY + r"_key\s+=\s+" + _SHOWN_WORD,
    "_key: ": _OF_KEY + r"_key:\s+" + _SHOWN_WORD,
    "_secret=": "_secret=(?P<secret>[A-Za-z0-9_.~+/-]{8,}=*)",
}
"""In what was put out only: in source this is the name of a variable."""

ROOTS = (
    *("pass", "secret", "token", "key", "bearer", "basic", "://", "pw", "cred", "sig", "auth"),
    *("curl ", "mysql", "--user ", "cookie", "sessionid", "login", "fernet(", "identified by"),
    *(":5432:",),
)
"""One of these is in whatever `NAMES` and `SHOWN` find."""
