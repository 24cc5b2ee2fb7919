module github.com/fapigen/fapigen/out

go 1.26
