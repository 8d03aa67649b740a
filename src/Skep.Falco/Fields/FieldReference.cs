using Skep.Falco.Conditions;

namespace Skep.Falco.Fields;

/// <summary>A field with its argument, as a rule uses it.</summary>
public sealed class FieldReference
{
    internal FieldReference(FieldInfo field, FieldType type, string? argument)
    {
        (Field, Type, Argument) = (field, type, argument);
        ArgumentBytes = argument is null ? default : FalcoText.ToBytes(argument);
        ArgumentIndex = argument is not null && argument.Length is > 0 and < 10 && argument.All(char.IsAsciiDigit)
            ? int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture) : -1;
    }

    /// <summary>The field.</summary>
    public FieldInfo Field { get; }

    /// <summary>What its values are; for <c>evt.rawarg</c> the parameter decides.</summary>
    public FieldType Type { get; }

    /// <summary>What stands in brackets or behind the field's name; null when nothing does.</summary>
    public string? Argument { get; }

    /// <summary>The argument in UTF-8.</summary>
    public ReadOnlyMemory<byte> ArgumentBytes { get; }

    /// <summary>The argument as a number; -1 when it is none.</summary>
    public int ArgumentIndex { get; }

    /// <summary>Whether it stands for several values: a list, all ancestors, both ends of a connection.</summary>
    public bool HasSeveral => Field.Is(FieldTraits.List | FieldTraits.Ends) || IsAnyAncestor;

    /// <summary>Whether it stands for every ancestor.</summary>
    public bool IsAnyAncestor => Field.Is(FieldTraits.Ancestors) && (Argument is null || (Field.Argument == FieldArgument.Any && ArgumentIndex < 0));

    /// <inheritdoc/>
    public override string ToString() => Argument is null ? Field.Name : $"{Field.Name}[{Argument}]";
}
