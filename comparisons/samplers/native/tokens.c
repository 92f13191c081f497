/* The token streams of program_hash.py, of programs whose tokens are beyond doubt: the same bytes, at a fiftieth of the
 * time. What it is not sure of (and all that Python's lexers refuse) it leaves to them: it answers -1.
 *
 * `out` must hold 4 bytes for each of the source and 4 more: the tokens, with a zero after each but the last. */
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The source ends with a zero and holds no other, so that looking at the next byte is always allowed. */
typedef struct {
    const unsigned char *at;
    char *out;
} Reader;

/* What a byte may be. `SECOND`: the second of a longer sign. */
enum { WORD = 1, SPACE = 2, SECOND = 4, C_SIGN = 8, PYTHON_SIGN = 16, SIGN = C_SIGN | PYTHON_SIGN };
static const unsigned char kinds[256] = {
    ['0' ... '9'] = WORD, ['a' ... 'z'] = WORD, ['A' ... 'Z'] = WORD, ['_'] = WORD,
    [' '] = SPACE, ['\t'] = SPACE, ['\f'] = SPACE, ['\v'] = SPACE, ['\r'] = SPACE,
    ['<'] = SECOND | SIGN, ['>'] = SECOND | SIGN, ['='] = SECOND | SIGN, ['.'] = SECOND | SIGN, ['*'] = SECOND | SIGN,
    ['+'] = SECOND | SIGN, ['-'] = SECOND | SIGN, ['&'] = SECOND | SIGN, ['|'] = SECOND | SIGN, [':'] = SECOND | SIGN,
    ['/'] = SECOND | SIGN, ['%'] = SIGN, ['^'] = SIGN, ['~'] = SIGN, [';'] = SIGN, [','] = SIGN, ['('] = SIGN,
    [')'] = SIGN, ['{'] = SIGN, ['}'] = SIGN, ['['] = SIGN, [']'] = SIGN,
    ['#'] = SECOND | C_SIGN, ['!'] = C_SIGN, ['?'] = C_SIGN, ['@'] = PYTHON_SIGN};

static int is(int kind, int c) { return kinds[c] & kind; }

static int is_digit(int c) { return c >= '0' && c <= '9'; }

/* The bytes beyond are only looked at while all before are equal. */
static size_t has(const unsigned char *at, const char *text) {
    size_t n = 0;
    for (; text[n]; n++)
        if (at[n] != (unsigned char)text[n]) return 0;
    return n;
}

static int is_in(const char *set, int c) { return c && strchr(set, c); }

static void put(Reader *r, char mark) {
    *r->out++ = mark;
    *r->out++ = 0;
}

static void take(Reader *r, size_t n) {
    while (n--) *r->out++ = (char)*r->at++;
    *r->out++ = 0;
}

static void to_line_end(Reader *r) {
    while (*r->at && *r->at != '\n') r->at++;
}

/* Length of a literal with its prefix of n bytes, up to its closing quote; 0 where its line or the program ends first. */
static size_t literal(const unsigned char *at, size_t n) {
    int quote = at[n];
    for (n++; at[n] && at[n] != '\n'; n++) {
        if (at[n] == quote) return n + 1;
        if (at[n] == '\\' && !at[++n]) return 0;
    }
    return 0;
}

/* The same for Python's literals in three quotes. */
static size_t long_literal(const unsigned char *at, size_t n) {
    int quote = at[n];
    for (n += 3; at[n]; n++) {
        if (at[n] == quote && at[n + 1] == quote && at[n + 2] == quote) return n + 3;
        if (at[n] == '\\' && !at[++n]) return 0;
    }
    return 0;
}

static size_t sign(const unsigned char *at, const char *const *longer, int single) {
    /* Most signs are single: what follows them is no second sign. */
    if (is(SECOND, at[1]))
        for (size_t n; *longer; longer++)
            if ((n = has(at, *longer))) return n;
    return is(single, *at) ? 1 : 0;
}

static int is_one_of(const unsigned char *at, size_t n, const char *const *words) {
    for (; *words; words++)
        if (has(at, *words) == n && strlen(*words) == n) return 1;
    return 0;
}

static size_t c_number(const unsigned char *at) {
    for (size_t n = *at == '.' ? 2 : 1;;) {
        int c = at[n], next = c ? at[n + 1] : 0;
        if (c == '\'' && next >= 0x80) return 0;
        if (is_in("eEpP", c) && (next == '+' || next == '-')) n += 2;
        else if (is(WORD, c) || c == '.' || (c == '\'' && is(WORD, next))) n++;
        else return n;
    }
}

static size_t python_number(const unsigned char *at) {
    for (size_t n = *at == '.' ? 2 : 1;;) {
        int c = at[n], next = c ? at[n + 1] : 0;
        if ((c == 'e' || c == 'E') && (next == '+' || next == '-') && is_digit(at[n + 2])) n += 3;
        else if (is(WORD, c) || c == '.') n++;
        else return n;
    }
}

/* Length of the token of C that begins here; 0 where that is not sure. */
static size_t c_token(const unsigned char *at) {
    static const char *const prefixes[] = {"u8", "u", "U", "L", 0};
    static const char *const raw[] = {"R", "u8R", "uR", "UR", "LR", 0};
    static const char *const longer[] = {"<<=", ">>=", "<=>", "...", "->*", "++", "--", "->", "<<", ">>", "<=", ">=",
                                         "==",  "!=",  "&&",  "||",  "::",  ".*", "##", "-=", "+=", "*=", "/=", "%=",
                                         "&=",  "|=",  "^=",  0};
    if (*at == '"' || *at == '\'') return literal(at, 0);
    if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) return c_number(at);
    size_t n = 0;
    while (is(WORD, at[n])) n++;
    if (!n) return sign(at, longer, C_SIGN);
    if (at[n] == '"' && is_one_of(at, n, raw)) return 0;
    if ((at[n] == '"' || at[n] == '\'') && is_one_of(at, n, prefixes)) return literal(at, n);
    return n;
}

static int c_tokens(Reader *r) {
    int is_first = 1, at_line_start = 1, in_directive = 0, has_space = 0;
    for (int c; (c = *r->at);) {
        if (c == '\n') {
            if (in_directive) put(r, '\n');
            at_line_start = 1, in_directive = has_space = 0;
            r->at++;
        } else if (is(SPACE, c)) {
            /* A return before a line's end is part of it, and no space; the line's end forgets the space anyway. */
            has_space = in_directive;
            r->at++;
        } else if (c == '/' && r->at[1] == '/') {
            has_space = in_directive;
            to_line_end(r);
        } else if (c == '/' && r->at[1] == '*') {
            has_space = in_directive;
            for (r->at += 2; !has(r->at, "*/"); r->at++)
                if (!*r->at) return 0;
            r->at += 2;
        } else {
            size_t n = c_token(r->at);
            /* A word may go on with letters that are not ASCII: Python knows them. */
            if (!n || (is(WORD, r->at[n - 1]) && r->at[n] >= 0x80)) return 0;
            if (c == '#' && n < 3 && in_directive) return 0;
            if (c == '#' && n == 1 && at_line_start) {
                in_directive = 1;
                if (!is_first) put(r, '\n');
            } else if (has_space) {
                put(r, ' ');
            }
            take(r, n);
            is_first = at_line_start = has_space = 0;
        }
    }
    return 1;
}

/* Whether an f-string's fields hold no quotes of their own, as far as counting braces tells. */
static int is_plain(const unsigned char *at, size_t prefix, size_t n) {
    size_t opened = 0, closed = 0;
    if (!memchr(at, 'f', prefix) && !memchr(at, 'F', prefix)) return 1;
    for (size_t i = prefix; i < n; i++) {
        if ((at[i] == '{' || at[i] == '}') && at[i + 1] == at[i]) return 0;
        opened += at[i] == '{', closed += at[i] == '}';
    }
    return opened == closed;
}

/* Length of the token of Python that begins here; 0 where that is not sure. */
static size_t python_token(const unsigned char *at) {
    static const char *const longer[] = {"**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "!=", "<=", ">=",
                                         "==",  "->",  ":=",  "-=",  "+=",  "*=", "/=", "%=", "&=", "|=", "^=", "@=",
                                         0};
    static const char *const prefixes[] = {"r", "b", "u", "f", "rb", "br", "rf", "fr", 0};
    if (is_digit(*at) || (*at == '.' && is_digit(at[1]))) return python_number(at);
    size_t n = 0;
    while (is(WORD, at[n])) n++;
    if (at[n] == '"' || at[n] == '\'') {
        unsigned char lower[3] = {0};
        for (size_t i = 0; i < n && i < 2; i++) lower[i] = at[i] | 0x20;
        if (n < 3 && (!n || is_one_of(lower, n, prefixes))) {
            int is_long = at[n + 1] == at[n] && at[n + 2] == at[n];
            size_t length = is_long ? long_literal(at, n) : literal(at, n);
            return length && is_plain(at, n, length) ? length : 0;
        }
    }
    return n ? n : sign(at, longer, PYTHON_SIGN);
}

#define DEEPEST 100

static int python_tokens(Reader *r) {
    size_t indents[DEEPEST] = {0}, level = 0, margin = 0, depth = 0;
    int is_blank = 1, indented_by = 0;
    for (int c; (c = *r->at);) {
        if (c == '\n' || has(r->at, "\r\n")) {
            if (!depth && !is_blank) put(r, '\n'), is_blank = 1;
            if (is_blank) margin = 0;
            r->at += c == '\n' ? 1 : 2;
        } else if (c == ' ' || c == '\t') {
            const unsigned char *from = r->at;
            while (*r->at == c) r->at++;
            if (!is_blank || depth) continue;
            margin += (size_t)(r->at - from);
            if (is_in("\n\r#", *r->at)) continue;
            if (indented_by && indented_by != c) return 0;
            indented_by = c;
        } else if (c == '#') {
            to_line_end(r);
        } else {
            size_t n = python_token(r->at);
            if (!n || (is(WORD, r->at[n - 1]) && r->at[n] >= 0x80)) return 0;
            if (is_blank && !depth) {
                if (margin > indents[level]) {
                    if (++level == DEEPEST) return 0;
                    indents[level] = margin;
                    put(r, '\x01');
                }
                for (; margin < indents[level]; level--) put(r, '\x02');
                if (margin != indents[level]) return 0;
                is_blank = 0;
            }
            if (n == 1 && strchr("([{", c)) depth++;
            if (n == 1 && strchr(")]}", c) && !depth--) return 0;
            take(r, n);
        }
    }
    if (!is_blank) put(r, '\n');
    return !depth;
}

/* A line that says its encoding is one of the first two. */
static int says_coding(const char *at) {
    for (int lines = 0; *at && lines < 2; at++) {
        if (!strncasecmp(at, "coding", 6) && (at[6] == ':' || at[6] == '=')) return 1;
        lines += *at == '\n';
    }
    return 0;
}

/* Whether the program may learn of its own text; Python's pattern knows for certain. */
static int is_self_aware(const char *source) {
    static const char *const words[] = {"__LINE__", "__FILE__", "__file__", "__code__", "__builtin_LINE", "asm",
                                        "__builtin_FILE", "__builtin_COLUMN", "source_location", "inspect", "embed",
                                        "traceback", "_getframe", "lineno", "sys.argv", "argv[0]", "/program", 0};
    for (const char *const *word = words; *word; word++)
        if (strstr(source, *word)) return 1;
    return 0;
}

/* Length of the token stream written to `out`; -1 where Python must decide. */
long podium_tokens(const char *source, int is_python, char *out) {
    Reader r = {(const unsigned char *)source, out};
    for (const char *at = source; (at = strchr(at, '\\')); at++)
        if (at[1] == '\n' || at[1] == '\r') return -1;
    if (is_self_aware(source) || (is_python && says_coding(source))) return -1;
    if (!(is_python ? python_tokens(&r) : c_tokens(&r))) return -1;
    return r.out == out ? 0 : (long)(r.out - out - 1);
}
