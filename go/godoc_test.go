package redlatch_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// How a comment has to begin is the linter's business.
func TestAllThatIsExportedIsDocumented(t *testing.T) {
	for _, folder := range []string{".", "goredis", "rueidis", "redigo", "otel"} {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		check(t, err)
		set := token.NewFileSet()
		var files []*ast.File
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			check(t, err)
			files = append(files, file)
		}
		pkg, err := doc.NewFromFiles(set, files, folder)
		check(t, err)
		for _, name := range undocumented(pkg) {
			t.Errorf("%s: %s has no comment", folder, name)
		}
	}
}

func undocumented(pkg *doc.Package) (names []string) {
	need := func(comment string, name ...string) {
		if strings.TrimSpace(comment) == "" {
			names = append(names, strings.Join(name, "."))
		}
	}
	values := func(all []*doc.Value) {
		for _, value := range all {
			for _, spec := range value.Decl.Specs {
				spec := spec.(*ast.ValueSpec)
				need(value.Doc+spec.Doc.Text()+spec.Comment.Text(), spec.Names[0].Name)
			}
		}
	}
	functions := func(all []*doc.Func) {
		for _, function := range all {
			need(function.Doc, function.Recv, function.Name)
		}
	}
	need(pkg.Doc, "package "+pkg.Name)
	values(append(pkg.Consts, pkg.Vars...))
	functions(pkg.Funcs)
	for _, typ := range pkg.Types {
		need(typ.Doc, typ.Name)
		values(append(typ.Consts, typ.Vars...))
		functions(append(typ.Funcs, typ.Methods...))
	}
	return names
}
