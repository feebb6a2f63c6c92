package schemas

// ReportFilesFormat is the value of "format" in a ReportFiles.
const ReportFilesFormat = "exemplar.report-files/1"

// ReportFilesName, in StateDir of the folder that a page lies in, is the file of
// ReportFiles.
const ReportFilesName = "report.json"

// ReportFiles says what reports wrote into a folder, where other files may be
// anybody's: only what is listed is replaced or removed.
type ReportFiles struct {
	Format string         `json:"format"`
	Pages  []ReportedPage `json:"pages"` // by name
}

// ReportedPage is one page and the files beside it. Pages may share a file that is
// the same for both.
type ReportedPage struct {
	Page        string `json:"page"` // its file
	Fingerprint string `json:"fingerprint"`
	// Unfinished is true from before the first file is written until the last one is.
	// Files have names alone then; one that ends in a slash stands for all that
	// reports write below.
	Unfinished bool       `json:"unfinished,omitempty"`
	Files      []FileInfo `json:"files"` // by name, the page among them
	// Parameters are the values of the flags that decide what the page says, by name,
	// those that were given; nil of early versions.
	Parameters map[string]string `json:"parameters,omitempty"`
}
