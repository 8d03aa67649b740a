using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>A side of a check that an event gives.</summary>
abstract class Operand(FieldType type)
{
    public FieldType Type { get; } = type;

    /// <summary>Whether it may have other values than the first.</summary>
    public virtual bool HasSeveral => false;

    /// <summary>The field below all transformers; null where a constant or several are.</summary>
    public virtual FieldReference? Field => null;

    public abstract bool TryRead(IFalcoEvent item, Scratch scratch, int position, out FieldValue value);
}
