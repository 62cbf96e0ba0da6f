"""Write the texts of a translation into a file for translators, and read such a file back. Pure.

In: a `SentSheet`. Out: bytes of DOCX, XLSX, XLIFF or PO; and from such bytes a `ReturnedSheet`, or
problems with the row or line of the file.
"""
