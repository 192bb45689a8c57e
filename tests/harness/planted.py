"""Keys of the forms that services give out; none is a real one."""

from __future__ import annotations

import random
import string

_random = random.Random(20260)
_ALL, _HEX = string.ascii_letters + string.digits, "0123456789abcdef"


def made_up(count, letters=_ALL):
    return "".join(_random.choices(letters, k=count))


KINDS = {
    "aws": "AKIA" + made_up(16, string.ascii_uppercase),
    "aws temporary": "ASIA" + made_up(16, string.ascii_uppercase),
    "alibaba": "LTAI" + made_up(20),
    "google": "AIza" + made_up(35),
    "google oauth": "ya29." + made_up(60),
    "google client": "GOCSPX-" + made_up(28),
    "azure client": "abc8Q~" + made_up(34),
    "digitalocean": "dop_v1_" + made_up(64, _HEX),
    "heroku": "HRKU-" + made_up(58),
    "supabase": "sbp_" + made_up(40, _HEX),
    "planetscale": "pscale_tkn_" + made_up(43),
    "github": "ghp_" + made_up(36),
    "github app": "ghs_" + made_up(36),
    "github fine": "github_pat_" + made_up(22) + "_" + made_up(59),
    "gitlab": "glpat-" + made_up(20),
    "gitlab runner": "glrt-" + made_up(20),
    "bitbucket": "ATBB" + made_up(32),
    "atlassian": "ATATT3x" + made_up(180),
    "npm": "npm_" + made_up(36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + made_up(150),
    "rubygems": "rubygems_" + made_up(48, _HEX),
    "docker": "dckr_pat_" + made_up(27),
    "nuget": "oy2" + made_up(43, string.ascii_lowercase),
    "artifactory": "AKCp" + made_up(69),
    "pulumi": "pul-" + made_up(40, _HEX),
    "vault": "hvs." + made_up(90),
    "doppler": "dp.pt." + made_up(43),
    "postman": "PMAK-" + made_up(24, _HEX) + "-" + made_up(34, _HEX),
    "age": "AGE-SECRET-KEY-1" + made_up(58, string.ascii_uppercase),
    "hugging face": "hf_" + made_up(34),
    "openai": "sk-proj-" + made_up(48),
    "anthropic": "sk-ant-api03-" + made_up(93),
    "groq": "gsk_" + made_up(52),
    "perplexity": "pplx-" + made_up(48),
    "replicate": "r8_" + made_up(37),
    "langsmith": "lsv2_pt_" + made_up(32, _HEX) + "_" + made_up(10, _HEX),
    "nvidia": "nvapi-" + made_up(64),
    "databricks": "dapi" + made_up(32, _HEX),
    "slack": "xoxb-" + made_up(12, string.digits) + "-" + made_up(24),
    "slack app": "xapp-1-" + made_up(60, string.ascii_uppercase),
    "slack hook": f"https://hooks.slack.com/services/T{made_up(8)}/B{made_up(8)}/x{made_up(23)}",
    "stripe": "sk_live_" + made_up(24),
    "stripe hook": "whsec_" + made_up(32),
    "square": "sq0atp-" + made_up(22),
    "shopify": "shpat_" + made_up(32, _HEX),
    "sendgrid": "SG." + made_up(22) + "." + made_up(43),
    "mailgun": "key-" + made_up(32, _HEX),
    "linear": "lin_api_" + made_up(40),
    "notion": "ntn_" + made_up(46),
    "figma": "figd_" + made_up(40),
    "grafana": "glsa_" + made_up(32) + "_" + made_up(8, _HEX),
    "new relic": "NRAK-" + made_up(27, string.ascii_uppercase),
    "sentry": "sntryu_" + made_up(64, _HEX),
    "web token": f"eyJ{made_up(30)}.eyJ{made_up(60)}.{made_up(43)}",
}  # fmt: skip
MORE = {
    f"{kind} once more": beginning + made_up(count, letters)
    for kind, beginning, count, letters in (
        ("aws", "AKIA", 16, string.ascii_uppercase),
        ("github", "ghp_", 36, _ALL),
        ("gitlab", "glpat-", 20, _ALL),
        ("hugging face", "hf_", 34, _ALL),
        ("stripe", "sk_live_", 24, _ALL),
        ("npm", "npm_", 36, _ALL),
        ("pulumi", "pul-", 40, _HEX),
        ("mailgun", "key-", 32, _HEX),
        ("linear", "lin_api_", 40, _ALL),
        ("replicate", "r8_", 37, _ALL),
        ("figma", "figd_", 40, _ALL),
        ("groq", "gsk_", 52, _ALL),
    )
}
"""A second one of some."""
