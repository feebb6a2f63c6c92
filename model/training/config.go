package training

import (
	"errors"
	"fmt"

	"exemplar/model"
)

// Config says what is trained, and how.
type Config struct {
	Arch model.Arch // family conv or dense
	Loss string     // LossMSE, LossMAE, or LossBCE where the output activation is sigmoid

	// What came later is not in the JSON of a configuration that does without, and so
	// not in the fingerprint of its work.

	Optimizer string  `json:",omitempty"` // OptimizerAdam, the default where it is empty, or OptimizerSGD
	Momentum  float64 `json:",omitempty"` // of OptimizerSGD, the share of the last change that the next one begins with, 0 or more and below 1
	// InitNormal is the standard deviation of the normal distribution that all first weights
	// are drawn from, biases too; 0 for kernels from Glorot's uniform distribution, and biases of zero.
	InitNormal float64 `json:",omitempty"`
	// Classes is the number of classes of a head, which then takes the place of the decoder, with
	// LossCrossEntropy; 0 for an autoencoder. Frozen leaves the encoder's weights as they are.
	Classes int  `json:",omitempty"`
	Frozen  bool `json:",omitempty"`

	DropoutInput float64 `json:",omitempty"` // probability of zeroing a number of the image, after noise and Arch.Input.Scale; 0 for none

	Noise       float64 // standard deviation of Gaussian noise on the pixels in [0,1], where they stay, before Arch.Input.Scale, or on scaled numbers of a table; 0 for none
	L1          float64 // factor of the sum of absolute numbers of the code; 0 for none
	Dropout     float64 // probability of zeroing an input of a dense layer, but not of the image or the code; 0 for none
	Variational bool    // the code is drawn from a distribution; the latent vector is its mean
	Beta        float64 // factor of the divergence of that distribution, see Losses

	Batch    int     // images per step, at most
	ClipNorm float64 // largest norm of all gradients together, to which they are scaled down; 0 for any
	Seed     uint64  // of the first weights and all other random numbers
	Workers  int     // goroutines, 0 for GOMAXPROCS; no result depends on it
}

// Validate reports the first field that cannot be.
func (c Config) Validate() error {
	if err := c.Arch.Validate(); err != nil {
		return err
	}
	act := c.Arch.Activations
	switch {
	case c.Arch.Family != model.FamilyConv && c.Arch.Family != model.FamilyDense:
		return fmt.Errorf("family %s cannot be trained by steps: must be conv or dense", c.Arch.Family)
	case (c.Loss == LossCrossEntropy) != (c.Classes != 0):
		return fmt.Errorf("loss %q and %d classes: the loss of a head is %s, and of no other", c.Loss, c.Classes, LossCrossEntropy)
	case c.Classes != 0:
		return c.validateHead()
	case c.Frozen:
		return errors.New("an autoencoder whose encoder does not change: frozen is for a head")
	case c.Loss != LossMSE && c.Loss != LossMAE && c.Loss != LossBCE:
		return fmt.Errorf("loss %q: must be mse, mae or bce", c.Loss)
	case c.Loss == LossBCE && c.Arch.Input.Scale != model.ScaleUnit:
		if c.Arch.Input.Rows() {
			return fmt.Errorf("loss bce takes numbers in [0,1] for probabilities: use the scale %s, or loss mse for %s", model.TableRange, c.Arch.Input.Range())
		}
		return fmt.Errorf("loss bce needs pixels in [0,1], which it takes for probabilities: use loss mse for %s", c.Arch.Input.Range())
	case c.Loss == LossBCE && act.Output != model.ActSigmoid:
		return fmt.Errorf("loss bce needs the output activation sigmoid, not %s", act.Output)
	}
	return c.validateRest()
}

// validateHead checks what is of a head alone.
func (c Config) validateHead() error {
	switch {
	case c.Classes < 2:
		return fmt.Errorf("%d classes: must be 2 or more", c.Classes)
	case c.Variational:
		return errors.New("a head takes the code as it is, and not one that is drawn: variational is for an autoencoder")
	}
	return c.validateRest()
}

// validateRest checks what autoencoders and heads have in common.
func (c Config) validateRest() error {
	act := c.Arch.Activations
	switch {
	case !(c.Noise >= 0 && c.Noise <= 10):
		return fmt.Errorf("noise %g: must be 0 to 10, in units of pixels in [0,1]", c.Noise)
	case !(c.L1 >= 0 && c.L1 < 1e6):
		return fmt.Errorf("l1 %g: must be 0 or more", c.L1)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("dropout %g: must be 0 or more and below 1", c.Dropout)
	case !(c.DropoutInput >= 0 && c.DropoutInput < 1):
		return fmt.Errorf("dropout of the input %g: must be 0 or more and below 1", c.DropoutInput)
	case c.Optimizer != "" && c.Optimizer != OptimizerAdam && c.Optimizer != OptimizerSGD:
		return fmt.Errorf("optimizer %q: must be adam or sgd", c.Optimizer)
	case c.Momentum != 0 && c.Optimizer != OptimizerSGD:
		return errors.New("momentum has a meaning only with optimizer sgd")
	case !(c.Momentum >= 0 && c.Momentum < 1):
		return fmt.Errorf("momentum %g: must be 0 or more and below 1", c.Momentum)
	case !(c.InitNormal >= 0 && c.InitNormal <= 100):
		return fmt.Errorf("standard deviation %g of the first weights: must be 0 to 100", c.InitNormal)
	case !(c.Beta >= 0 && c.Beta < 1e6):
		return fmt.Errorf("beta %g: must be 0 or more", c.Beta)
	case c.Beta != 0 && !c.Variational:
		return errors.New("beta has a meaning only with variational")
	case c.Variational && act.Latent != model.ActLinear:
		return fmt.Errorf("variational needs the latent activation linear, not %s", act.Latent)
	case c.Batch < 1 || c.Batch > 1<<14:
		return fmt.Errorf("batch %d: must be 1 to %d", c.Batch, 1<<14)
	case !(c.ClipNorm >= 0):
		return fmt.Errorf("clip norm %g: must be 0 or more", c.ClipNorm)
	case c.Workers < 0:
		return fmt.Errorf("workers %d: must be 0 or more", c.Workers)
	}
	return nil
}
