// Package schemas holds every format that another program reads: row types,
// column names, file names, manifests and their versions, with validation.
//
// What lives here: plain types with json and parquet tags, the functions that build and
// parse file names, and Validate methods. What never enters here or below: Beam,
// Parquet, Gorgonia, other modules, files, printing, model, tfrecord, transforms,
// pipelines; image or numeric code. A format changes here and nowhere else, and its
// version changes with it.
//
// # Folders
//
//	shards/     collection.json  images-00000-of-00100.tfrecords  shards.json  errors.jsonl
//	model/      model.json  encoder.safetensors  decoder.safetensors  and, where it was
//	            trained by gradient steps, training_log.csv  steps_log.csv  curve.csv
//	            loss.png  codes.png  latents.png  reconstructions/epoch-001.png  errors.jsonl
//	latents/    latents-00000-of-00100.parquet  _latents.json  _errors.jsonl
//	selection/  selection.parquet  selection.csv  selection.json  centers.parquet
//	            latent_centers.npz  images/  metadata.csv below images/  and, of a report,
//	            report.html  report_files/  selection.bib  figure.png  figure.tif  figure.txt  deepzoom/
//	decoded/    images/  images.csv  contact_sheet.png  decode.json  errors.jsonl  and, of
//	            shards, latents/
//	export/     export.json, and encoder.onnx and others, encoder.keras and others, or
//	            encoder.npz and others
//	query/      query.json  neighbours.csv  neighbours.parquet  query.npy, or tails.csv and
//	            tails.parquet, and contact_sheet.png
//	compared/   compare.json  models.csv  rate.csv  codes.csv  correlation.csv  subspace.csv
//	            errors.parquet  rate.png and, with anomalies, roc.csv and roc.png
//
// A folder whose name starts with an underscore holds the working state of a
// run (name lists, per-shard results): readers of datasets skip such names, and
// a run that is started again reads them to do only what is missing.
//
// So that pandas and others take the whole folder of latents as one dataset, the
// other files in it start with an underscore, too.
//
// A folder that a step changed also holds run.json (of latents _run.json, of a report
// report.run.json), see Run, which tells how the run went.
//
// A manifest (shards.json, _latents.json, selection.json, decode.json, export.json, query.json,
// compare.json) is written last and in one piece: a folder without it is unfinished.
package schemas

import "strings"

// CodeVersion is the version of this code, written into every manifest and
// Parquet footer.
const CodeVersion = "0.1.0"

// FingerprintVersion is in fingerprints where versions of the code were once meant
// to be. It stays what it is for good: what decides bytes is a format's version, and
// a release must not have everything made again.
const FingerprintVersion = "0.1.0"

// Formats and their versions, the value of "format" in each manifest. A reader
// accepts exactly the versions it knows.
const (
	CollectionFormat = "exemplar.collection/1"
	ShardsFormat     = "exemplar.shards/1"
	ModelFormat      = "exemplar.model/1"
	LatentsFormat    = "exemplar.latents/2" // where LatentsSpec.Format names no other
	LatentsFormat3   = "exemplar.latents/3" // pages of floats are packed in less time, and mostly smaller
	SelectionFormat  = "exemplar.selection/3"
	ReportFormat     = "exemplar.report/1"
	IndexFormat      = "exemplar.index/1"
)

// File names inside an output folder.
const (
	CollectionFile = "collection.json"
	ShardsFile     = "shards.json"
	ErrorsFile     = "errors.jsonl"

	ModelFile   = "model.json"
	EncoderFile = "encoder.safetensors"
	DecoderFile = "decoder.safetensors"
	HeadFile    = "head.npz" // of a classifier on the latent vector

	TrainingLogFile    = "training_log.csv"
	StepsLogFile       = "steps_log.csv" // losses by steps, where they are reported
	LossPicture        = "loss.png"      // losses of the epochs
	CodesPicture       = "codes.png"     // histogram of the latent vectors
	LatentsPicture     = "latents.png"   // where latent vectors of two dimensions are
	ReconstructionsDir = "reconstructions"
	ConfusionFile      = "confusion.csv" // classes that a head finds in images, by their labels
	CurveFile          = "curve.csv"     // how much training is enough, where that is measured
	SweepFile          = "sweep.csv"     // compares the models of a sweep, folders beside it

	LatentsFile       = "_latents.json"
	LatentsErrorsFile = "_errors.jsonl"

	SelectionFile    = "selection.json"
	SelectionParquet = "selection.parquet"
	SelectionCSV     = "selection.csv"
	LabelsCSV        = "selection_labels.csv" // a copy of the table of labels that was given
	CentersParquet   = "centers.parquet"
	CentersNPZ       = "latent_centers.npz"
	ImagesDir        = "images"
	// VectorsDir, below a selection, holds the vectors of another program that it
	// was made from, as latents.
	VectorsDir  = "vectors"
	MetadataCSV = "metadata.csv"

	ReportPage = "report.html"
	ReportDir  = "report_files"  // pictures beside the page
	ReportBib  = "selection.bib" // references
	FigurePNG  = "figure.png"
	FigureTIFF = "figure.tif"
	FigureText = "figure.txt" // its legend

	DeepZoomDir = "deepzoom" // contact sheet

	// SampleFile says what a generated sample collection holds.
	SampleFile = "sample.json"

	// IntentFile is what an unfinished run set out to do.
	IntentFile = StateDir + "/parameters.json"

	// StateDir holds the working state of a run: name lists and per-shard results.
	StateDir = "_state"
)

// OfReport tells the files that a report may add to a selection's folder, by their
// names relative to it.
func OfReport(name string) bool {
	switch name {
	case ReportPage, ReportBib, FigurePNG, FigureTIFF, FigureText, ReportRunFileBeside(ReportPage):
		return true
	}
	return strings.HasPrefix(name, ReportDir+"/") || strings.HasPrefix(name, DeepZoomDir+"/")
}
