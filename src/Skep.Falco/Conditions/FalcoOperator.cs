namespace Skep.Falco.Conditions;

/// <summary>How a check compares.</summary>
public enum FalcoOperator
{
    /// <summary><c>exists</c></summary>
    Exists,
    /// <summary><c>=</c>, <c>==</c></summary>
    Equal,
    /// <summary><c>!=</c></summary>
    NotEqual,
    /// <summary><c>&lt;</c></summary>
    Less,
    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,
    /// <summary><c>&gt;</c></summary>
    Greater,
    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,
    /// <summary><c>glob</c></summary>
    Glob,
    /// <summary><c>iglob</c>: the letters' case does not matter.</summary>
    GlobIgnoringCase,
    /// <summary><c>contains</c></summary>
    Contains,
    /// <summary><c>icontains</c>: the letters' case does not matter.</summary>
    ContainsIgnoringCase,
    /// <summary><c>bcontains</c>: bytes, written in hexadecimal.</summary>
    ContainsBytes,
    /// <summary><c>startswith</c></summary>
    StartsWith,
    /// <summary><c>bstartswith</c>: bytes, written in hexadecimal.</summary>
    StartsWithBytes,
    /// <summary><c>endswith</c></summary>
    EndsWith,
    /// <summary><c>regex</c>: the whole text matches.</summary>
    Regex,
    /// <summary><c>in</c></summary>
    In,
    /// <summary><c>intersects</c></summary>
    Intersects,
    /// <summary><c>pmatch</c>: a path is below one of some.</summary>
    PathMatch,
}
