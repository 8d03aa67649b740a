namespace Skep.Tetragon.Cel;

/// <summary>A parsed expression of the Common Expression Language; nothing is said of types or names yet.</summary>
/// <param name="Offset">Where it is in the text; of an operator, where its sign is.</param>
public abstract record CelExpression(int Offset);

/// <summary>A constant.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Value">Null, or a bool, long, ulong, double, string or ByteString.</param>
public sealed record CelLiteral(int Offset, object? Value) : CelExpression(Offset);

/// <summary>A name.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Name">The name; a dot before it asks for the outermost scope.</param>
public sealed record CelIdentifier(int Offset, string Name) : CelExpression(Offset);

/// <summary>A member of a value, a part of a qualified name, or <c>has()</c> of one.</summary>
/// <param name="Offset">Where the dot is.</param>
/// <param name="Operand">Whose member.</param>
/// <param name="Field">Its name.</param>
/// <param name="IsTest">Whether the question is if it is there.</param>
public sealed record CelSelection(int Offset, CelExpression Operand, string Field, bool IsTest = false) : CelExpression(Offset);

/// <summary>A call of a function, a method or an operator; <c>&amp;&amp;</c> and <c>||</c> have two arguments or more.</summary>
/// <param name="Offset">Where the name is.</param>
/// <param name="Function">Its name; an operator's is one of <see cref="CelOperator"/>.</param>
/// <param name="Target">What a method is called on.</param>
/// <param name="Arguments">The arguments.</param>
public sealed record CelCall(int Offset, string Function, CelExpression? Target, IReadOnlyList<CelExpression> Arguments) : CelExpression(Offset);

/// <summary>A list.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Elements">Its elements.</param>
public sealed record CelList(int Offset, IReadOnlyList<CelExpression> Elements) : CelExpression(Offset);

/// <summary>A map.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Entries">Its keys and values.</param>
public sealed record CelMap(int Offset, IReadOnlyList<KeyValuePair<CelExpression, CelExpression>> Entries) : CelExpression(Offset);

/// <summary>A macro that goes through a list, or through the keys of a map.</summary>
/// <param name="Offset">Where its name is.</param>
/// <param name="Kind">Which one.</param>
/// <param name="Range">The list or map.</param>
/// <param name="Variable">Name of the element.</param>
/// <param name="Condition">What is asked of an element; null for a <c>map</c> of all.</param>
/// <param name="Result">What a <c>map</c> makes of an element.</param>
public sealed record CelMacro(int Offset, CelMacroKind Kind, CelExpression Range, string Variable, CelExpression? Condition, CelExpression? Result) : CelExpression(Offset);

/// <summary>Macros that go through a list.</summary>
public enum CelMacroKind
{
    /// <summary>Whether all elements meet the condition.</summary>
    All,

    /// <summary>Whether some element does.</summary>
    Exists,

    /// <summary>Whether exactly one does.</summary>
    ExistsOne,

    /// <summary>Those that do.</summary>
    Filter,

    /// <summary>What is made of those that do.</summary>
    Map,
}
