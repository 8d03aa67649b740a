namespace Skep.Falco;

/// <summary>How grave an alert is, gravest first.</summary>
public enum FalcoPriority
{
    /// <summary>0</summary>
    Emergency,
    /// <summary>1</summary>
    Alert,
    /// <summary>2</summary>
    Critical,
    /// <summary>3</summary>
    Error,
    /// <summary>4</summary>
    Warning,
    /// <summary>5</summary>
    Notice,
    /// <summary>6</summary>
    Informational,
    /// <summary>7</summary>
    Debug,
}
