package listing

import (
	"bytes"
	"errors"
	"testing"

	"exemplar/schemas"
)

// FuzzReadList: any bytes are a name list that is written as the same entries
// again, or ErrList.
func FuzzReadList(f *testing.F) {
	var list bytes.Buffer
	if err := WriteList(&list, []schemas.ListEntry{{Name: "a/b.tif", Size: 3}, {Name: "c é.png", Source: "x", Index: 2, Label: "l", Checksum: "ab"},
		{Name: "d.tif", Size: 7, Metadata: []string{"", "x"}, Parts: []schemas.ListPart{{Channel: "1", File: "d_1.tif", Size: 3}, {Channel: "2", File: "/d_2.tif", Size: 4, Checksum: "cd"}}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(list.Bytes())
	f.Add(list.Bytes()[:list.Len()-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(data []byte) (entries []schemas.ListEntry, err error) {
			for e, err := range ReadList(bytes.NewReader(data)) {
				if err != nil {
					return entries, err
				}
				entries = append(entries, e)
			}
			return entries, nil
		}
		entries, err := read(data)
		if err != nil && !errors.Is(err, ErrList) {
			t.Fatalf("the error is not ErrList: %v", err)
		}
		var one, two bytes.Buffer
		if err := WriteList(&one, entries); err != nil {
			t.Fatal(err)
		}
		again, err := read(one.Bytes())
		if err != nil {
			t.Fatalf("what is written cannot be read: %v", err)
		}
		if err := WriteList(&two, again); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Fatalf("written as\n%s\nthen as\n%s\n%v", &one, &two, err)
		}
	})
}
