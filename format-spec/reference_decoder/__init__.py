"""Reader of the Vesalius container, version 1.0, written from SPEC.md alone.

Modules, in the order of the document:

* ``source``: bytes of the file, checked extents, a bounded parser (sections 3 and 9),
* ``header``: superblocks, the spatial header, the lock of an epoch (sections 6 to 8, 16),
* ``manifest``: schema, cursors, descriptors of row groups, the manifest (section 11),
* ``log``: records and operations (sections 10 and 14),
* ``rowgroup``: row groups and their full verification (section 12),
* ``jsontext``: whether a text is JSON, without recursion (rule V022),
* ``container``: states, replay of the log, images, full verification (sections 13, 14, 19).

It is meant to be read next to the document; speed was not a goal.
"""
