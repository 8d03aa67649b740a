namespace Skep.Tetragon.Cel;

/// <summary>Names of operators in <see cref="CelCall.Function"/>.</summary>
public static class CelOperator
{
    /// <summary><c>a ? b : c</c></summary>
    public const string Conditional = "_?_:_";

    /// <summary><c>a || b</c></summary>
    public const string Or = "_||_";

    /// <summary><c>a &amp;&amp; b</c></summary>
    public const string And = "_&&_";

    /// <summary><c>!a</c></summary>
    public const string Not = "!_";

    /// <summary><c>-a</c></summary>
    public const string Negate = "-_";

    /// <summary><c>a == b</c></summary>
    public const string Equal = "_==_";

    /// <summary><c>a != b</c></summary>
    public const string NotEqual = "_!=_";

    /// <summary><c>a &lt; b</c></summary>
    public const string Less = "_<_";

    /// <summary><c>a &lt;= b</c></summary>
    public const string LessOrEqual = "_<=_";

    /// <summary><c>a &gt; b</c></summary>
    public const string Greater = "_>_";

    /// <summary><c>a &gt;= b</c></summary>
    public const string GreaterOrEqual = "_>=_";

    /// <summary><c>a in b</c></summary>
    public const string In = "_in_";

    /// <summary><c>a + b</c></summary>
    public const string Add = "_+_";

    /// <summary><c>a - b</c></summary>
    public const string Subtract = "_-_";

    /// <summary><c>a * b</c></summary>
    public const string Multiply = "_*_";

    /// <summary><c>a / b</c></summary>
    public const string Divide = "_/_";

    /// <summary><c>a % b</c></summary>
    public const string Remainder = "_%_";

    /// <summary><c>a[b]</c></summary>
    public const string Index = "_[_]";

    /// <summary>The operator as it is written, for messages: <c>+</c>.</summary>
    internal static string Sign(string function) => function == Index ? "[]" : function == Conditional ? "?:" : function.StartsWith('_') || function.EndsWith('_') ? function.Trim('_') : function;
}
