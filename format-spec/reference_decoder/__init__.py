"""Reader of the Vesalius container, version 1.1, written from SPEC.md alone.

Modules, in the order of the document:

* ``source``: bytes of the file, checked extents, a bounded parser (sections 3 and 9),
* ``header``: superblocks, the spatial header, the lock of an epoch (sections 6 to 8, 16),
* ``schema``: attributes and fields (section 11),
* ``groups``: descriptors of row groups (section 11),
* ``rowgroup``: row groups, their sections and values (section 12),
* ``tokens``: pointers to tensors, grid mappings (section 12),
* ``jsontext``: whether a text is JSON, without recursion (rule V022),
* ``groupcheck``: full verification of a row group (section 19),
* ``prompts``: prompt sets and their full verification (sections 11, 12, 19),
* ``manifest``: cursors, indexes, the manifest (section 11),
* ``log``: records and operations (sections 10 and 14),
* ``pages``: pages in use, work that hostile logs may ask for (rule V007),
* ``state``: states and their images (section 13),
* ``indexes``: indexes, codes of row groups (section 22),
* ``lists``: lists of features around centroids (section 22),
* ``container``: opening, replay of the log (section 14),
* ``verify``: full verification of a file (section 19).

It is meant to be read next to the document; speed was not a goal.
"""
