namespace Skep.Engine.Rules;

/// <summary>A number made of captured numbers, in 64 bits of two's complement: sums wrap around.</summary>
public abstract record NumberExpression;

/// <summary>A constant.</summary>
/// <param name="Number">The number.</param>
public sealed record ConstantNumber(long Number) : NumberExpression;

/// <summary>A value that the hook captures, widened by its own sign.</summary>
/// <param name="Value">Its place in <see cref="HookRequest.Values"/>.</param>
public sealed record CapturedNumber(int Value) : NumberExpression;

/// <summary>Two numbers put together.</summary>
/// <param name="Operator">How.</param>
/// <param name="Left">The first one.</param>
/// <param name="Right">The second one.</param>
public sealed record CombinedNumber(NumberOperator Operator, NumberExpression Left, NumberExpression Right) : NumberExpression;

/// <summary>The low 32 bits of a number, widened again.</summary>
/// <param name="Number">The number.</param>
/// <param name="IsSigned">Whether by the sign.</param>
public sealed record NarrowedNumber(NumberExpression Number, bool IsSigned) : NumberExpression;

/// <summary>How two numbers are put together.</summary>
public enum NumberOperator
{
    /// <summary>Their sum.</summary>
    Add,

    /// <summary>Their difference.</summary>
    Subtract,

    /// <summary>The bits that both have.</summary>
    And,

    /// <summary>The bits that either has.</summary>
    Or,

    /// <summary>The bits in which they differ.</summary>
    Xor,
}

/// <summary>How two numbers are compared, with their signs.</summary>
public enum NumberComparison
{
    /// <summary>They are the same.</summary>
    Equal,

    /// <summary>The first one is smaller.</summary>
    Less,

    /// <summary>The first one is not larger.</summary>
    LessOrEqual,
}
