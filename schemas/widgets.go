package schemas

// WidgetsFormat is the value of "format" in a WidgetsManifest.
const WidgetsFormat = "exemplar.widgets/1"

// File names inside a folder of figures that an article embeds. A figure named loss has
// loss.mjs, the module, and loss.png, the picture for what cannot run it.
const (
	WidgetsFile    = "widgets.json"
	WidgetsArticle = "article.md"   // the figures, with captions and labels, in MyST
	WidgetsModules = "widgets.md"   // the modules by the names that the figures embed them by
	WidgetsPreview = "preview.html" // all of them, for a browser
	ModuleSuffix   = ".mjs"
	PictureSuffix  = ".png"
)

// WidgetsManifest is widgets.json: what figures were made of a selection. It is written
// last.
type WidgetsManifest struct {
	Format      string `json:"format"`
	CodeVersion string `json:"code_version"`
	Fingerprint string `json:"fingerprint"`
	// Selection and Model are the sha256 of selection.json and of model.json.
	Selection string `json:"selection"`
	Model     string `json:"model_sha256,omitempty"`
	// Parameters are the values of the flags that decide what is written, by name, those that
	// were given.
	Parameters map[string]string `json:"parameters,omitempty"`
	Figures    []WidgetFigure    `json:"figures"`
	Missing    []MissingFigure   `json:"missing,omitempty"`
	Files      []FileInfo        `json:"files"` // by name
}

// WidgetFigure is a figure: its module, its picture, and the label that text refers to
// it by.
type WidgetFigure struct {
	Name    string `json:"name"` // loss, reconstructions, interpolation or gallery
	Module  string `json:"module"`
	Picture string `json:"picture"`
	Label   string `json:"label"`
}

// MissingFigure is a figure that has nothing to show.
type MissingFigure struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}
