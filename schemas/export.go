package schemas

// ExportFormat is the value of "format" in an ExportManifest.
const ExportFormat = "exemplar.export/1"

// File names inside the folder of an export.
const (
	ExportFile = "export.json"

	EncoderONNX     = "encoder.onnx"
	DecoderONNX     = "decoder.onnx"
	AutoencoderONNX = "autoencoder.onnx"

	EncoderKeras     = "encoder.keras"
	DecoderKeras     = "decoder.keras"
	EncoderKerasHDF5 = "encoder.weights.h5"
	DecoderKerasHDF5 = "decoder.weights.h5"

	EncoderNPZ = "encoder.npz"
	DecoderNPZ = "decoder.npz"
)

// ExportManifest is export.json: what a model directory was exported to for
// other programs. It is written last.
type ExportManifest struct {
	Format        string     `json:"format"`
	CodeVersion   string     `json:"code_version"`
	Kind          string     `json:"kind"` // onnx, keras or npz
	ModelSHA256   string     `json:"model_sha256"`
	Image         ImageShape `json:"image"`         // that the model takes
	Preprocessing string     `json:"preprocessing"` // as in the latents' footer
	Dimension     int        `json:"dimension"`     // of a latent vector
	Files         []FileInfo `json:"files"`
}
