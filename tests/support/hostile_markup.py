"""List markup that would load something from elsewhere, and markup that loads nothing."""

from __future__ import annotations

OUT = "http://example.invalid/x"


DATA = "data:image/png;base64,iVBORw0KGgo="


# Elements that load, run or embed something else.
ELEMENTS = (
    f'<link rel="stylesheet" href="{OUT}">',
    f'<link rel="preconnect" href="{OUT}">',
    f"<LINK rel=dns-prefetch href={OUT}>",
    f'<link rel="icon" href="{OUT}">',
    f'<link rel="preload" as="image" imagesrcset="{OUT} 2x">',
    f'<base href="{OUT}">',
    "<script>1</script>",
    f'<script src="{OUT}"></script>',
    f'<script type="module">import "{OUT}"</script>',
    '<script type="importmap">{}</script>',
    '<script type="speculationrules">{}</script>',
    "<svg><script>1</script></svg>",
    f'<iframe src="{OUT}"></iframe>',
    f"<iframe srcdoc='<img src={OUT}>'></iframe>",
    f'<object data="{OUT}"></object>',
    f'<embed src="{OUT}">',
    f'<applet codebase="{OUT}" code="a" archive="{OUT}"></applet>',
    f'<portal src="{OUT}"></portal>',
    f'<fencedframe src="{OUT}"></fencedframe>',
    f'<video poster="{OUT}"></video>',
    f'<audio src="{OUT}"></audio>',
    f'<video><track src="{OUT}"></video>',
    f'<picture><source srcset="{OUT}"><img alt=""></picture>',
    f'<bgsound src="{OUT}">',
    f'<form action="{OUT}"><input></form>',
    f'<button formaction="{OUT}">x</button>',
    f'<map><area href="{OUT}"></map>',
    f'<template><img src="{OUT}"></template>',
    f'<div><template shadowrootmode="open"><img src="{OUT}"></template></div>',
    f'<noscript><img src="{OUT}"></noscript>',
    f"<noembed><img src={OUT}></noembed>",
    f"<xmp><img src={OUT}></xmp>",
    f"<plaintext><img src={OUT}>",
    f"<textarea><img src={OUT}></textarea>",
    f"<select><option><img src={OUT}></select>",
    f'<svg><foreignObject><img src="{OUT}"/></foreignObject></svg>',
    f'<svg><feImage href="{OUT}"/></svg>',
    f'<svg><image><animate attributeName="href" values="{OUT}"/></image></svg>',
    f'<svg><set attributeName="href" to="{OUT}"/></svg>',
    f'<svg><a href="{OUT}"><text>x</text></a></svg>',
    f'<math><mtext><img src="{OUT}"></mtext></math>',
    f'<math href="{OUT}"></math>',
    "<marquee>x</marquee>",
    "<x-clinic>x</x-clinic>",
    "<canvas></canvas>",
    "<dialog open>x</dialog>",
)


# Attributes of elements that are allowed on a page.
ATTRIBUTES = (
    f'<img alt="" src="{OUT}">',
    f'<img alt="" src="{DATA}">',
    '<img alt="" src="//example.invalid/x">',
    f'<img alt="" srcset="{OUT} 2x">',
    '<img alt="" src="\\\\example.invalid\\x">',
    '<img alt="" src="http:/example.invalid/x">',
    f'<img alt="" src=" \t{OUT}">',
    '<img alt="" src="ht\ntp://example.invalid/x">',
    '<img alt="" src="&#104;ttp://example.invalid/x">',
    '<img alt="" src="blob:x">',
    '<img alt="" src="file:///etc/hostname">',
    f'<img alt="" longdesc="{OUT}">',
    f'<img alt="" lowsrc="{OUT}">',
    '<img alt="" usemap="#a">',
    f'<image src="{OUT}">',
    f'<input type="image" src="{OUT}" alt="x">',
    f'<input type="image" alt="x" formaction="{OUT}">',
    f'<body background="{OUT}">',
    f'<table background="{OUT}"></table>',
    f'<html manifest="{OUT}">',
    f'<blockquote cite="{OUT}">x</blockquote>',
    f'<q cite="{OUT}">x</q>',
    f'<a href="https://example.org" ping="{OUT}">x</a>',
    '<a href="https://example.org" download>x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:1">x</a>',
    '<a href="vbscript:1">x</a>',
    f'<a href="{DATA}">x</a>',
    '<a href="file:///etc/hostname">x</a>',
    '<a href="blob:x">x</a>',
    '<a href="//example.invalid">x</a>',
    '<a href="\\\\example.invalid\\x">x</a>',
    f'<a rel="attachment" href="{OUT}">x</a>',
    f'<a rel="noopener ATTACHMENT" href="{OUT}">x</a>',
    '<p onclick="1">x</p>',
    "<p ONMOUSEOVER=1>x</p>",
    '<body onload="1">',
    '<svg onload="1"></svg>',
    '<details ontoggle="1" open></details>',
    f'<svg><image href="{OUT}"/></svg>',
    f'<svg><use href="{OUT}#a"/></svg>',
    f'<svg><image xlink:href="{OUT}"/></svg>',
    f'<svg><use xlink:href="{OUT}#a"/></svg>',
    f'<svg xml:base="{OUT}"></svg>',
    f'<svg><linearGradient href="{OUT}#a"/></svg>',
    f'<svg><textPath href="{OUT}#a">x</textPath></svg>',
    f'<svg><rect fill="url({OUT})"/></svg>',
    f'<svg><rect filter="url({OUT}#a)"/></svg>',
    f'<svg><rect mask="u\\72l({OUT})"/></svg>',
    f'<svg><rect cursor="url({OUT})"/></svg>',
    f'<svg><path marker-end="url(&quot;{OUT}#a&quot;)"/></svg>',
    f'<p is="x-a" data="{OUT}">x</p>',
    f'<meta http-equiv="refresh" content="0;url={OUT}">',
    f'<meta http-equiv=REFRESH content="0;{OUT}">',
    '<meta http-equiv="set-cookie" content="a=b">',
    f'<meta http-equiv="link" content="<{OUT}>; rel=preload">',
    '<meta http-equiv="origin-trial" content="x">',
    '<meta charset="utf-7">',
    '<meta http-equiv="x-dns-prefetch-control" content="on">',
    f'<meta name="msapplication-TileImage" content="{OUT}">',
    '<meta http-equiv="Content-Security-Policy" content="default-src *">',
    f'<meta property="og:image" content="{OUT}">',
    f'<p style="background: url({OUT})">x</p>',
    f'<p itemtype="a" slot="b" src="{OUT}">x</p>',
    "<p nonce=1>x</p>",
)


# Declarations, in an attribute or in <style>.
STYLES = (
    f"background: url({OUT})",
    f"background: url( '{OUT}' )",
    f"background: URL({OUT})",
    f"background: u\\72l({OUT})",
    f"background: \\75 \\72 \\6c({OUT})",
    "background: url(\\68ttp://example.invalid/x)",
    "background: url(//example.invalid/x)",
    f"background: image-set('{OUT}' 1x)",
    f"background: -webkit-image-set(url({OUT}) 1x)",
    f"background: image('{OUT}')",
    f"background: src('{OUT}')",
    f"background: cross-fade(url({OUT}), red)",
    f"background: -webkit-cross-fade(url(#a), '{OUT}', 50%)",
    "background: paint(x)",
    f"cursor: url({OUT}), auto",
    f"--x: url({OUT})",
    f"list-style: url({OUT})",
    f"content: url({OUT})",
    f"filter: url({OUT}#a)",
    f"mask: url({OUT}#a)",
    f"-moz-binding: url({OUT})",
    "width: expression(alert(1))",
    f"filter: progid:DXImageTransform.Microsoft.AlphaImageLoader(src='{OUT}')",
    f"background: url({OUT}",
    f"background: url({OUT} x)",
    f"background: var(--y, url({OUT}))",
    f"background: linear-gradient(red, url({OUT}))",
    f"background: url({DATA})",
    "background: url(javascript:1)",
    "src: local('Arial')",
    "src: loc\\61l(Arial)",
    f"color: if(style(--a: 1): url({OUT}))",
    f"shape-outside: url({OUT})",
    f"border-image: url({OUT}) 1",
    f"offset-path: url({OUT}#a)",
    f"background: url(/**/{OUT})",
)


SHEETS = (
    f"@import '{OUT}';",
    f"@import url({OUT});",
    f"@\\69mport '{OUT}';",
    f"@IMPORT '{OUT}';",
    f"@namespace url({OUT});",
    f"@font-face {{ font-family: x; src: url({OUT}) }}",
    "@font-face { font-family: x; src: local(Arial) }",
    f"@document url({OUT}) {{ p {{ color: red }} }}",
    f"@media print {{ p {{ background: url({OUT}) }} }}",
    f"@supports (display: grid) {{ p {{ background: image-set('{OUT}' 1x) }} }}",
    f"p:has(a) {{ background: url({OUT}) }}",
    f"@page {{ @top-left {{ content: url({OUT}) }} }}",
    f"@color-profile x {{ src: url({OUT}) }}",
    f"/* url(#a) */ p {{ cursor: url({OUT}) }}",
    f"@property --x {{ syntax: '<url>'; inherits: false; initial-value: url({OUT}) }}",
    f"p {{ & a {{ background: url({OUT}) }} }}",
)


# Markup that a browser and a simpler parser read differently: the text before and after an outside
# picture.
TRICKS = (
    ("", ""),
    ("<!-->", "<!-- -->"),
    ("<!--->", "<!-- -->"),
    ("<!-- a --!>", "<!-- -->"),
    ("<![CDATA[>", "]]>"),
    ("<?pi>", ""),
    ("</ >", ""),
    ("<!x>", ""),
    ("<!doctype html>", ""),
    ("<title></title>", ""),
    ("<style></style >", ""),
    ("<p title='<!--'>", "-->"),
    ('<p title="<style>">', ""),
    ("<a href='x' ><b", "></b></a>"),
    ("<table>", "</table>"),
    ("<table><tr><td>", "</table>"),
    ("<svg><p>", ""),
    ("<svg><desc>", "</desc></svg>"),
    ("<svg></p>", "</svg>"),
    ("<style><!--</style>", "-->"),
    ("</body></html>", ""),
    ("<h1", ">"),
    ("<style>/*</style>", "*/"),
    ('<p class="a"id=b>', ""),
    ("<p/", ">"),
    ("<!--a--><!--b--!>", ""),
    ("<svg><![CDATA[ ]]>", "</svg>"),
    ("<svg><title>", "</title></svg>"),
    ("<p>\0", ""),
    ("<b><p></b>", "</p>"),
    ("<a><a>", "</a>"),
    ("<colgroup>", ""),
    ("<frame>", ""),
)


# Markup that a browser does not show, but prefetches.
AHEAD = (
    ("<svg><title><!--</title>", "--></title></svg>"),
    ("<svg><desc><![CDATA[>", "]]></desc></svg>"),
    ("<svg><title><![CDATA[</title>", "]]></title></svg>"),
    ("<svg><style/></svg><p title='</style>", "'>"),
    ("<svg><title>x</svg><p title='</title>", "'>"),
    ("<svg><title>x</svg><style>/*</title>", "*/</style>"),
    ("<svg><style>a</svg><title></style>", "</title>"),
    ("<svg><style><g id='</style>", "'></g></style></svg>"),
    ("<svg><title/></svg><!--</title>", "-->"),
)


OUTSIDE = f'<img alt="x" src="{OUT}">'


PLACES = {
    "body": "<p>a</p>{}<p>b</p>",
    "table": "<table><tr><td>a{}</td></tr></table>",
    "list": "<ul><li>{}</li></ul>",
    "link": '<p><a href="https://example.org">{}</a></p>',
}


GOOD = (
    (
        '<p class="a" id="b" lang="en" dir="ltr" title="c (d)" data-actualtext="url(x)" '
        'aria-label="image(x)" role="note">x</p>'
    ),
    (
        '<a href="https://example.org/a?b=c&amp;d#e" rel="noopener">x</a>'
        '<a href="mailto:a@example.org">x</a><a href="tel:911">x</a><a href="#b">x</a>'
    ),
    '<a href="other.html">x</a><a href="http://example.org">x</a>',
    "<p>http://example.org url(http://example.org) @import <!-- <p>old</p> --></p>",
    '<img src="own" alt="x" width="10" height="10">',
    '<table border="0"><tr><td colspan="2" valign="top">x</td></tr></table>',
    (
        '<svg viewBox="0 0 1 1" aria-hidden="true"><title>t</title>'
        '<path fill="#000" transform="rotate(3)" d="M0 0"/><use href="#a"/>'
        '<rect fill="url(#g)"/></svg>'
    ),
    (
        '<p style="color: rgb(1, 2, 3); width: calc(1em + var(--x)); background: '
        'linear-gradient(red, #fff)">x</p>'
    ),
    (
        "<style>@page { @bottom-left { content: none } } a[href^='http://']::after { "
        "content: ':' }</style>"
    ),
    (
        "<style>@media (min-width: 3em) { p:not(.a):nth-child(2n) { background: url(#a) } } "
        "/* url(http://example.org) @import */</style>"
    ),
    (
        "<style>p[title='url(http://example.org) @import'] { margin: 0 } @font-face { "
        "font-family: x; src: url('own') format('truetype') }</style>"
    ),
    (
        '<input type="checkbox" aria-label="x">'
        '<input type="text" class="line" aria-label="x"><label for="a">x</label>'
    ),
    (
        "<!-- <style>p { color: red }</style> --><svg><title>a</title><style>"
        "p { color: red }</style></svg>"
    ),
    "<dl><dt>x</dt><dd>y</dd></dl><center><font color=red>x</font></center>",
    (
        '<meta name="author" content="x"><meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    ),
)


def page(body: str, head: str = "") -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta '
        f'charset="utf-8">\n<title>x</title>{head}</head>\n<body>{body}</body>\n</html>'
    )
