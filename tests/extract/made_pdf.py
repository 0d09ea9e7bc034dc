"""PDFs for tests, made of lines with their places."""


def make_pdf(pages, *, size=(595, 842), title=None):
    """Bytes of a PDF. `pages` is a list of lists of (x, y, points, text), y from the bottom."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        4: (
            b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R "
            b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
        ),
        5: (
            b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
            b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
        ),
        6: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    }
    kids = []
    for number, lines in enumerate(pages):
        page, content = 10 + 2 * number, 11 + 2 * number
        stream = b"".join(_show(*line) for line in lines)
        objects[content] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
        objects[page] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /C 3 0 R /L 6 0 R >> >> >>" % (*size, content)
        )
        kids.append(b"%d 0 R" % page)
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    if title is not None:
        objects[7] = b"<< /Title <feff%s> >>" % title.encode("utf-16-be").hex().encode()
    return _assemble(objects)


def _show(x, y, points, text):
    if text.isascii():
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode()
        return b"BT /L %d Tf %d %d Td (%s) Tj ET\n" % (points, x, y, escaped)
    return b"BT /C %d Tf %d %d Td <%s> Tj ET\n" % (points, x, y, text.encode("utf-16-be").hex().encode())


def _assemble(objects):
    out = bytearray(b"%PDF-1.5\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    info = b" /Info 7 0 R" if 7 in objects else b""
    out += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, info, start)
    return bytes(out)


def paragraph(text, *, x=50, y=700, points=10, width=30, indent=2, leading=16):
    """A paragraph as a PDF sets it: lines of `width` characters, the first one indented."""
    lines = [(x + indent * points, y, points, text[: width - indent])]
    rest = text[width - indent :]
    while rest:
        y -= leading
        lines.append((x, y, points, rest[:width]))
        rest = rest[width:]
    return lines, y - leading


def layout(*texts, **options):
    lines, y = [], options.pop("y", 700)
    for text in texts:
        more, y = paragraph(text, y=y, **options)
        lines += more
    return lines
