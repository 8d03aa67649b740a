namespace Skep.Tetragon.Export;

/// <summary>Where in an event a value is printed.</summary>
public enum ExportRole
{
    /// <summary>In <c>args</c>.</summary>
    Argument,

    /// <summary>In <c>data</c>.</summary>
    Data,

    /// <summary>As <c>return</c>.</summary>
    Return,

    /// <summary>Nowhere: it is only compared.</summary>
    None,
}
