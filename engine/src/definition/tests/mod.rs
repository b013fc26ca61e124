//! Worked examples of 01 and 02 that a definition alone decides, and the table of rows.
