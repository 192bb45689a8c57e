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

_END = (
    r"""\\?["']?\]?\s*(?:=>|[=:](?!=))\s*[rbuf]{0,2}"""
    r"""(?P<escaped>\\)?(?P<q>"{3}|'{3}|["'])"""
)
# Behind an escaped mark, as in JSON, all ends at the next one; else the other one may stand within.
_QUOTED = r"""(?P<secret>(?(escaped)[^"'\n\\]{4,}|(?:\\[^\n]|(?!(?P=q))[^\n\\]){4,}))\\?(?P=q)"""
_TOKEN = r"(?P<secret>[A-Za-z0-9_.~+/=-]{8,})\\?(?P=q)"
_WORD = r"(?P<secret>(?=[\w.~+/-]*\d)(?=[\d_.~+/-]*[A-Za-z])[\w.~+/-]{8,}=*)"
_VARIABLE = r"\w*(?:token|secret|passw(?:or)?d|key)\w*"

NAMES = {
    # The name and what follows it stay: `password = "…"`, `{"api_key": "…"}`, `env["X_KEY"] = "…"`.
    "passw": "passw(?:or)?d" + _END + _QUOTED,
    "passphrase": "passphrase" + _END + _QUOTED,
    "secret": "secret(?:_?(?:access_?)?key)?" + _END + _QUOTED,
    "api_key": "api_key" + _END + _QUOTED,
    "apikey": "apikey" + _END + _QUOTED,
    "api-key": "api-key" + _END + _QUOTED,
    "access_key": "access_key" + _END + _QUOTED,
    "access-key": "access-key" + _END + _QUOTED,
    "private_key": "private_key" + _END + _QUOTED,
    "privatekey": "privatekey" + _END + _QUOTED,
    "account_key": "account_key" + _END + _QUOTED,
    "_token": "_token" + _END + _TOKEN,
    "token": r"(?<!\w)token" + _END + _TOKEN,
    "auth-token": "auth-token" + _END + _TOKEN,
    "bearer": r"bearer\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)",
    "authorization": r"authorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:token|apikey)\s+"
    r"(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
    "basic": r"basic\s+(?P<secret>(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{12,}={0,2})(?![A-Za-z0-9])",
    "-----begin ": r"-----begin [a-z ]{0,40}private key(?: block)?-----(?:(?!-----begin )(?s:.))*?"
    r"-----end [a-z ]{0,40}private key(?: block)?-----"
    # Cut off, or with numbers, colours or signs of a difference beside its lines.
    r"|-----begin [a-z ]{0,40}private key(?: block)?-----(?:[^A-Za-z0-9+/]{0,40}"
    r"(?:\d{1,5}\b[^A-Za-z0-9+/]{0,20})?n?[A-Za-z0-9+/]{40,}={0,2})+",
    # In addresses: behind a name, alone before the host, and among the fields of the query.
    "://": r"""://(?:[^\s/:@'"]*:(?P<secret>[^\s/@'"]+)|(?P<alone>[\w-]{16,}))(?=@)""",
    "token=": r"""(?<=[?&])token=(?P<secret>[^\s&"'#\\]{6,})""",
    "access_token=": r"""(?<=[?&])access_token=(?P<secret>[^\s&"'#\\]{6,})""",
    "key=": r"""(?<=[?&])key=(?P<secret>[^\s&"'#\\]{12,})""",
    "api_key=": r"""(?<=[?&])api_key=(?P<secret>[^\s&"'#\\]{6,})""",
    "sig=": r"""(?<=[?&])sig=(?P<secret>[^\s&"'#\\]{12,})""",
    "signature=": r"""(?<=[?&-])signature=(?P<secret>[^\s&"'#\\]{12,})""",
    # In files that cells write: a line of YAML, the parts of a connection.
    "password:": r"password:[ \t]+(?P<secret>(?=\S*\d)[^\s\"',;()\[\]{}]{8,})[ \t]*(?=\r?\n|\Z)",
    "api_key:": r"api_key:[ \t]+" + _WORD + r"[ \t]*(?=\r?\n|\Z)",
    "password=": r"(?<=;)password=(?P<secret>[^\s;\"'\\]{4,})",
    "pwd=": r"(?<=;)pwd=(?P<secret>[^\s;\"'\\]{4,})",
    # On a command line.
    "--password": r"""--password[ =]+(?P<secret>[^\s'"\\]{4,})""",
    "--token": r"""--token[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--api-key": r"""--api-key[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--secret": r"""--secret[ =]+(?P<secret>[^\s'"\\]{8,})""",
    "--user ": r"""--user\s+["']?[^\s:"']+:(?P<secret>[^\s'"\\]{4,})""",
    "curl ": r"""curl\s[^\n]{0,300}?-u\s*["']?[^\s:"']+:(?P<secret>[^\s'"\\]{4,})""",
    "mysql": r"""mysql(?:dump|admin)?\s[^\n]{0,200}?\s-p(?P<secret>[^\s'"\\]{4,})""",
    "pgpassword=": r"""pgpassword=["']?(?P<secret>[^\s$"']{4,})""",
    "%env ": r"%env\s+" + _VARIABLE + r"\s*[= ]\s*(?P<secret>[^\s$]{4,})",
    "%set_env ": r"%set_env\s+" + _VARIABLE + r"\s*[= ]\s*(?P<secret>[^\s$]{4,})",
    "export ": r"export\s+" + _VARIABLE + r"""=["']?(?P<secret>[^\s$"']{4,})""",
}
"""What stands before a secret that has no form of its own; found in any case."""

SHOWN = {
    "key: ": r"(?<=api[ _-])key:\s+[\"']?" + _WORD,
    "token: ": r"(?<![A-Za-z])token:\s+[\"']?(?=\S{12})" + _WORD,
    "secret: ": r"(?<![A-Za-z])secret:\s+[\"']?(?=\S{8})" + _WORD,
    "password": r"""password(?:=|:\s+(?=\S*\d))(?P<secret>[^\s&;,'"()\[\]{}<>]{4,})""",
    "passwd=": r"""passwd=(?P<secret>[^\s&;,'"()\[\]{}<>]{4,})""",
    "pwd=": r"""(?<![A-Za-z])pwd=(?P<secret>[^\s&;,'"()\[\]{}<>/]{4,})""",
    "_token=": r"_token=(?P<secret>(?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)(?!\()",
    "_key=": "(?:api|access|private|secret)_key=(?P<secret>[A-Za-z0-9_.~+/-]{8,}=*)",
    "_secret=": "_secret=(?P<secret>[A-Za-z0-9_.~+/-]{8,}=*)",
}
"""In what was put out only: in source this is the name of a variable."""

ROOTS = (
    *("pass", "secret", "token", "key", "bearer", "basic", "://", "pwd", "cred", "sig", "auth"),
    *("curl ", "mysql", "--user "),
)
"""One of these is in whatever `NAMES` and `SHOWN` find."""
