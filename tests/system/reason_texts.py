"""Texts in C++ sources as one would write them for `fmt`: what is put together of literals and values has `{}` for each value."""
import re

TOKEN = re.compile(r"""
    (?P<skip>//[^\n]*|/\*.*?\*/|\#\s*include[^\n]*|\s+)
  | R"(?P<mark>[^\s()\\]*)\((?P<raw>.*?)\)(?P=mark)"
  | "(?P<text>(?:[^"\\\n]|\\.)*)"(?:s|sv)?(?!\w)
  | (?P<other>'(?:[^'\\\n]|\\.)+'|[A-Za-z_]\w*|\d[\w.']*|::|->|\+\+|\+=|&&|\|\||[=!<>]=|.)
""", re.VERBOSE | re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'"}
# What ends an operand of `+`.
ENDS = {"+", ",", ";", "?", ":", "=", "+=", "==", "!=", "<=", ">=", "<", ">", "&&", "||", "return", "throw"}
# Told to operators of the node, or to the compiler.
ASIDE = {"log::debug", "log::info", "log::warn", "log::error", "counter_of", "gauge_of", "histogram_of", "static_assert"}


class literal(str):
    """The text of a literal among tokens."""


def tokens_of(source):
    """Literals that stand side by side are one."""
    found = []
    for x in TOKEN.finditer(source):
        if x["skip"] is not None:
            continue
        if x["other"] is not None:
            found.append(x["other"])
            continue
        text = x["raw"] if x["raw"] is not None else re.sub(r"\\(.)", lambda e: ESCAPES.get(e[1], e[0]), x["text"])
        if found and isinstance(found[-1], literal):
            text = found.pop() + text
        found.append(literal(text))
    return without_wraps(found)


def without_wraps(tokens):
    """`std::string{"text"}` is a text."""
    out = []
    for x in tokens:
        out.append(x)
        if x in ("}", ")") and len(out) > 3 and isinstance(out[-2], literal) and out[-3] in ("{", "(") and out[-4] in ("string", "string_view"):
            text = out[-2]
            del out[-6 if out[-5:-4] == ["::"] else -4:]
            out.append(text)
    return out


def calls_around(tokens):
    """For each token the names of the calls it stands in."""
    stack, out = [], []
    for n, x in enumerate(tokens):
        if isinstance(x, literal):
            pass
        elif x in ("(", "{"):
            name = tokens[n - 1] if n and not isinstance(tokens[n - 1], literal) else ""
            stack.append("log::" + name if tokens[max(n - 3, 0):n - 1] == ["log", "::"] else name)
        elif x in (")", "}") and stack:
            stack.pop()
        out.append(tuple(stack))
    return out


def formatted(text):
    """`{:.6g}` is a place as `{}` is; `{{` is a brace."""
    text = re.sub(r"\{\{|\}\}|\{[^{}]*\}", lambda x: {"{{": "\1", "}}": "\2"}.get(x[0], "{}"), text)
    return text.replace("\1", "{").replace("\2", "}")


def operand(tokens, n, step):
    """Where the operand that begins at `n` ends, one further."""
    opens, closes = ("([{", ")]}") if step > 0 else (")]}", "([{")
    depth = 0
    while 0 <= n < len(tokens):
        x = tokens[n]
        if not isinstance(x, literal):
            if x in opens:
                depth += 1
            elif x in closes:
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and x in ENDS:
                break
        n += step
    return n


def texts_of(source):
    """(text, whether it is told to somebody) of each literal, or sum of literals and values."""
    tokens = tokens_of(source)
    around = calls_around(tokens)
    n = 0
    while n < len(tokens):
        if not isinstance(tokens[n], literal):
            n += 1
            continue
        first = n
        is_format = n > 1 and tokens[n - 1] == "(" and tokens[n - 2] in ("format", "print")
        text = formatted(tokens[n]) if is_format else str(tokens[n])
        if n and tokens[n - 1] == "+" and not isinstance(tokens[n - 1], literal):
            text = "{}" + text
        n += 1
        while n < len(tokens) and tokens[n] == "+" and not isinstance(tokens[n], literal):
            end = operand(tokens, n + 1, 1)
            is_text = end == n + 2 and isinstance(tokens[n + 1], literal)
            text += tokens[n + 1] if is_text else "{}"
            n = end
        yield re.sub(r"(\{\})+", "{}", text), not ASIDE.intersection(around[first])
