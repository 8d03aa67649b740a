namespace Skep.Falco.Evaluation;

/// <summary>Where an operand stands.</summary>
enum OperandUse
{
    /// <summary>Left of an operator.</summary>
    Filter,
    /// <summary>Right of an operator.</summary>
    Right,
    /// <summary>In an output.</summary>
    Output,
}
