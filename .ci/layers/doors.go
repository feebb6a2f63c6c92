package main

import (
	"fmt"
	"go/ast"
	"strings"
)

// mapOf is the package whose doc is the map of the house.
const mapOf = "transforms"

// doors returns where the map is wrong: a package that is not on it, a line for one that
// is not there, and a door that the package does not declare.
func (h *house) doors() (problems []string) {
	on := map[string]bool{}
	doc := ""
	if p := h.packages[mapOf]; p != nil {
		doc = p.doc
	}
	for line := range strings.Lines(doc) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "\t") || len(fields) == 0 {
			continue
		}
		if len(fields) < 3 {
			problems = append(problems, fmt.Sprintf("%s: %q: a line of the map is a path, a door and what lives there", mapOf, strings.TrimSpace(line)))
			continue
		}
		p := h.packages[mapOf+"/"+fields[0]]
		if p == nil {
			p = h.packages[fields[0]]
		}
		switch {
		case p == nil:
			problems = append(problems, fmt.Sprintf("%s: the map has a line for %s, which is no package", mapOf, fields[0]))
			continue
		case !p.declares(fields[1]):
			problems = append(problems, fmt.Sprintf("%s: the map says that the door of %s is %s, which it does not declare", mapOf, fields[0], fields[1]))
		case on[p.path]:
			problems = append(problems, fmt.Sprintf("%s: the map has two lines for %s", mapOf, fields[0]))
		}
		on[p.path] = true
	}
	for path := range h.packages {
		if !on[path] && path != mapOf {
			problems = append(problems, fmt.Sprintf("%s: it is not on the map, the doc of package %s", path, mapOf))
		}
	}
	return problems
}

// declares reports whether a package declares a function, a method (T.Method) or
// a type of that name. What has no door to open first has "-".
func (p *pkg) declares(name string) bool {
	found := name == "-"
	of, method, isMethod := strings.Cut(name, ".")
	for _, f := range p.files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					found = found || !isMethod && d.Name.Name == name
				} else if isMethod && d.Name.Name == method {
					found = found || receiver(d.Recv.List[0].Type) == of
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if t, ok := s.(*ast.TypeSpec); ok && t.Name.Name == name {
						found = true
					}
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							found = found || n.Name == name
						}
					}
				}
			}
		}
	}
	return found
}

// receiver returns the name of a receiver's type.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return ""
}
