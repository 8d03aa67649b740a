using Skep.Falco.Evaluation;

namespace Skep.Falco.Output;

/// <summary>A part of an output: a text, or a field with the width it gets and the key it has in JSON.</summary>
sealed record OutputPart(byte[] Literal, Operand? Operand, int Width, string Key);
