"""What makes files of this repository that people do not write by hand."""
