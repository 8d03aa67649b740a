namespace Skep.Tetragon.Cel;

/// <summary>One signature of a function: what the checker looks for, and what is called.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsMethod">Whether it is called on its first parameter.</param>
/// <param name="Parameters">Types that it takes.</param>
/// <param name="Result">Type of the result.</param>
/// <param name="Call">Gets values of those types; a <see cref="CelError"/> is a result, too.</param>
sealed record CelFunction(string Name, bool IsMethod, CelKind[] Parameters, CelType Result, Func<object?[], object?> Call)
{
    public bool Takes(object?[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (Parameters[i] != CelKind.Dynamic && CelType.KindOf(values[i]) != Parameters[i]) return false;
        }
        return true;
    }
}
