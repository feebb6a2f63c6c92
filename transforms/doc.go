// Package transforms holds no code: it is the map of the house. A line is a package, its
// door (the declaration to read first), and what it is for; package paths begin here or
// at the module's root.
//
// # Steps, one per command
//
//	sharding    Run  images become TFRecord shards
//	encoding    Run  shards become latents, by a model
//	decoding    Run  latents become images, by the model's decoder
//	ingesting   Run  vectors of other programs become latents
//	training    Run  shards become a model
//	importing   Run  weights of other programs become a model
//	exporting   Run  a model becomes files of ONNX Runtime, Keras or NumPy
//	selecting   Run  latents become picks, centers and a grade
//	verifying   Run  every claim of an output folder is checked
//	querying    Run  images that are most like one, or reconstructed best and worst
//	comparing   Run  models of one collection side by side, and beside codecs
//	reporting   Open    a selection becomes all that a report shows, in memory
//
// # Parts of steps
//
//	encoding/tabular      Run        rows of a table become latents
//	training/fit          Run        epochs, schedule, validation, checkpoints
//	training/curve        New        how good the picks of a training on its way are
//	training/pictures     Loss       curves and reconstructions while a model is trained
//	training/sweep        Run        several trainings, one table
//	comparing/codecs      JPEG       what JPEG and the cosine transform make of an image
//	reporting/publish     Run        the report as files: page, figure, Deep Zoom, sheet
//	reporting/page        Write      the HTML file
//	reporting/figure      New        picks as a panel for a paper
//	reporting/atlas       UMAP       vectors drawn in two dimensions
//	reporting/deepzoom    New        the contact sheet as a Deep Zoom pyramid
//	reporting/widgets     Run        figures that an article or a notebook embeds
//	reporting/shown       Needed     names on a page that hold what is not seen
//
// # The mathematics of a selection
//
//	selection/gating      Derive     which images may be picked: limits on their quality
//	selection/where       Resolve    which images a selection is of: the condition that they satisfy
//	selection/spaces      Fit        z-scores and whitened principal components
//	selection/rows        EachBatch  the rows of latents that may be picked, batch by batch
//	selection/kmeans      Fit        k-means over rows in memory, sums of any order, distances
//	selection/clustering  Refine     k-means over all latents
//	selection/centering   Find       mean, median, geometric median and medoid of groups
//	selection/defaults    Fill       what a selection that names nothing is made by
//	selection/picking     Select     which candidates of a group become picks
//	selection/repicking   Rule       what would have been picked of another sample
//	selection/grading     Grade      how well the picks represent the collection
//	selection/weighing    New        how many images each pick stands for
//	selection/grading/looks      Read    what the images of a grade look like
//	selection/grading/gathering  Gather  the pass that brings grading its sample, and counts for weighing
//
// # Images and latents at rest
//
//	data/images        Decode        pixels of TIFF, PNG, JPEG and IDX, their size, their quality
//	data/aligning      Align         objects turned to their axis; what becomes of an image on its way to a record
//	data/imagefile     TIFF          files of pixels that are at hand, and their names
//	data/listing       List          which images there are, and in which shard each is
//	data/records       Parse         an image as a tf.train.Example, and where it lies
//	data/dataset       Open          shards as training reads them: split, shuffled, in batches
//	data/latents       Open          the Parquet files of latents
//	data/keyed         Read          CSV tables with a row an image
//	data/labels        Read          labels of images from a table
//	data/vectors       Open          tables of numbers as other programs write them, alone or joined
//	data/vectors/vectorstest  WriteTable  such tables, for tests
//	data/tables        Picks         the tables of a selection
//	data/modeldir      Read          the directory of a model
//	data/parquetguard  Open          Parquet files that may be damaged
//	data/lines         NewReader     text whose lines may have no end
//	data/curves        Read          the table of how much training is enough
//	data/draw          Hash          which images are in a sample
//	data/unique        Check         no two images have one id
//	data/raster        Of            pixels as numbers: averaged, and shown as gray
//	data/composite     Of            how channels become colors
//	data/variance      Sums          how much images differ from their mean
//	data/sample        Generate      the drawn nuclei of the quickstart
//
// # What every step stands on
//
//	run/step       Run           the life of a step: claim, plan, missing parts, merge, manifest
//	run/outdir     Output.Claim  the protocol of an output folder, its names and its files
//	run/lock       Take          one run per folder
//	run/preflight  Plan          what --plan says
//	run/beamrun    Run           a pipeline on a runner, and its error in one line
//	run/runlog     Begin         the log, and run.json
//	run/progress   Start         the meter
//	run/parallel   Map           work on all processors, in order
//	run/seq        From          sequences that end with an error
//	run/scratch    Place         decoded vectors on the local disk
//	run/spill      Put           large values between the stages of a pipeline
//	run/redact     Line          text without credentials
//	run/runtest    Direct        pipelines of tests
//	store                Create   files by name: local, gs:// and s3://
//	store/internal/disk  SetHook  the calls that change a local disk
//	store/storetest      NewFaults  stores that fail on purpose
//
// # Commands
//
//	pipelines/exemplar    main  all of them in one program
//	pipelines/quickstart  main  the program quickstart
//	pipelines/shard       main  the program shard
//	pipelines/train       main  the program train
//	pipelines/import      main  the program import
//	pipelines/encode      main  the program encode
//	pipelines/decode      main  the program decode
//	pipelines/select      main  the program select
//	pipelines/report      main  the program report
//	pipelines/query       main  the program query
//	pipelines/verify      main  the program verify
//	pipelines/export      main  the program export
//	pipelines/compare     main  the program compare
//	pipelines/internal/command/quickstart  Command  all steps in one
//	pipelines/internal/command/shard       Command  flags and summary of sharding
//	pipelines/internal/command/train       Command  of training
//	pipelines/internal/command/import      Command  of importing
//	pipelines/internal/command/encode      Command  of encoding
//	pipelines/internal/command/decode      Command  of decoding, and of encoding what it decodes
//	pipelines/internal/command/select      Command  of selecting, and of ingesting
//	pipelines/internal/command/report      Command  of reporting
//	pipelines/internal/command/query       Command  of querying
//	pipelines/internal/command/verify      Command  of verifying
//	pipelines/internal/command/export      Command  of exporting
//	pipelines/internal/command/compare     Command  of comparing
//	pipelines/internal/cli            Main       flags, help, log, signals, exit codes
//	pipelines/internal/cli/early      Signals    signals before all else
//	pipelines/internal/cli/runner     On         the runners of Beam, their flags, the worker
//	pipelines/internal/enginetest     Dataflow   fakes of the machines that pipelines run on
//	pipelines/internal/e2e            -          the programs, run as users do
//
// # Beside transforms
//
//	schemas          ShardsManifest   what every file that is written holds, and its name
//	schemas/caught   Group            goroutines whose panics are not lost
//	schemas/tiff     AppendDirectory  the directory of a TIFF file that is written
//	schemas/verdict  Of               the sentence that sums a grade up
//	schemas/visible  Text             names without what acts on a terminal
//	schemas/words    Plural           numbers and lists in sentences
//	tfrecord         NewReader        TFRecord files and tf.train.Example
//	model            Compile          a model and its inference
//	model/affine     Map              a matrix and a shift, applied
//	model/keras      Import           weights of Keras, NumPy and safetensors
//	model/linear     Train            the linear autoencoder
//	model/nearest    New              the nearest of many centers
//	model/normal     Draw             the normal distribution, the same on every processor
//	model/npy        Read             the headers of NumPy files
//	model/onnx       Marshal          a model as ONNX
//	model/training   New              gradient steps
//	model/internal/algebra      Eigen    float64 matrices, the same on every processor
//	model/internal/kernel       Best     the arithmetic, by processor
//	model/internal/safetensors  Unmarshal  tensors in a file
//	bench/latents    -                writes and reads latents, to be timed
//	bench/scaling    -                what the tables of scaling are computed with
//	bench/worker     -                what one worker does, measured
//	.ci/docs         -                the blocks of the papers, run and compared
//	.ci/dump         -                Parquet files as plain numbers, for other programs
//	.ci/layers       house.signs      what packages link, compared with their docs
//
// # Where things are
//
// A TIFF is decoded in data/images (decodeTIFF, called by Decode).
//
// A pick is chosen in selection/picking (Choose, which Select calls for every set of
// picks); its candidates come from the pass over the latents in selecting (candidates.go).
//
// A shard's name is made in schemas (ShardName); which images are in it says data/listing
// (Group).
//
// A metric is a name in schemas.Metrics and a formula in selection/kmeans (Distance),
// which selecting, selection/grading and reporting call. Facility location and representative picks compare
// vectors by it in selection/picking (source.go, represent.go), verifying has a formula of its own
// (recompute.go), and reporting/figure (legend.go) and command/select have its words.
//
// A rejection reason is one of schemas (Reason…): data/images gives those of what is in
// a file, data/listing those of names, sharding (convert.go) those of reading.
//
// What never enters here or below: pipelines, Gorgonia but in training. What
// never enters: Beam.
package transforms
