"""Pages in use, and checks of what the log names (V007, section 14)."""
from __future__ import annotations

import bisect
from typing import List, Tuple

from .source import PAGE_BYTES, Damage, Extent, ExtentBytes, Source


class Pages:
    """Runs of pages that are in use, to find overlaps (V007).

    Those of row groups, segments and the manifest are found when a file is opened, as pages used
    a thousand times would make the work of reading a small file as large as one likes.
    """

    def __init__(self, runs: List[Tuple[int, int]]):
        self.runs = sorted(runs)
        for (page, pages), (following, _) in zip(self.runs, self.runs[1:]):
            if page + pages > following:
                raise Damage("V007", "two extents share a page", PAGE_BYTES * following)

    def claim(self, page: int, pages: int) -> None:
        """Adds a run that must not touch another one."""
        at = bisect.bisect_left(self.runs, (page, 0))
        before = self.runs[at - 1] if at > 0 else (0, 3)
        after = self.runs[at][0] if at < len(self.runs) else page + pages
        if sum(before) > page or page + pages > after:
            raise Damage("V007", "an extent or log segment shares a page", PAGE_BYTES * page)
        self.runs.insert(at, (page, pages))


class Unsure:
    """Verifies what records that are not known to be durable name (section 14, step 6).

    No page is named twice by such records, or the later one cannot apply: that bounds the work.
    """

    def __init__(self, source: Source):
        self.source = source
        self.pages = Pages([])

    def verify(self, extent: Extent) -> None:
        """All blocks of an extent whose pointer was checked."""
        try:
            self.pages.claim(extent.page, extent.pages())
        except Damage as damage:
            raise Damage("V031", "the log names pages twice", damage.offset) from None
        ExtentBytes(self.source, extent).verify()
