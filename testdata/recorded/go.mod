module github.com/fapigen/fapigen/testdata/recorded

go 1.26.0

replace github.com/fapigen/fapigen/out => ../../out

require github.com/fapigen/fapigen/out v0.0.0-00010101000000-000000000000
