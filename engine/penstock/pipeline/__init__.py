"""From a pipeline's text to its plan: document, inputs, checks."""
