module github.com/redlatch/redlatch/go

go 1.22
