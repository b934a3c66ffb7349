// Statistics and linear algebra on plain values.
