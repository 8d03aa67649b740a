using System.Runtime.InteropServices;
using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary>A test that takes root and the system's OpenSSL, which .NET's TLS stands on; without either it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpensslFactAttribute : FactAttribute
{
    public OpensslFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
        else if (!NativeLibrary.TryLoad("libssl.so.3", out var library)) Skip = "needs OpenSSL: no libssl.so.3";
        else NativeLibrary.Free(library);
    }
}
