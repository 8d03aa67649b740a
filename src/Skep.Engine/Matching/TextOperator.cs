namespace Skep.Engine.Matching;

/// <summary>How a text is compared with a pattern.</summary>
public enum TextOperator
{
    /// <summary>The whole text.</summary>
    Equal,

    /// <summary>Its beginning.</summary>
    Prefix,

    /// <summary>Its end.</summary>
    Suffix,

    /// <summary>Any part of it.</summary>
    Contains,

    /// <summary>Any part of it; ASCII letters of both cases are the same.</summary>
    ContainsIgnoringCase,

    /// <summary>Shell wildcards over the whole text, as fnmatch(3) without flags: <c>*</c> and <c>?</c> match slashes too.</summary>
    Glob,

    /// <summary>An RE2 regular expression over any part of the text, unless anchored.</summary>
    Regex,
}
