module app

go 1.22

require github.com/redlatch/redlatch/go v0.0.0

replace github.com/redlatch/redlatch/go => ../../go
