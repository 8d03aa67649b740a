namespace Skep.Bpf.Interop;

/// <summary>Error numbers of Linux on x86-64 and arm64 (include/uapi/asm-generic/errno*.h), those that bpf(2) and its neighbours return.</summary>
static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, EBADF = 9, EAGAIN = 11, ENOMEM = 12, EACCES = 13,
        EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EMFILE = 24, ENOSPC = 28, EROFS = 30,
        ERANGE = 34, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, ENOLINK = 67, EPROTO = 71, EILSEQ = 84, EOPNOTSUPP = 95, EAFNOSUPPORT = 97,
        EADDRINUSE = 98, EADDRNOTAVAIL = 99, ETIMEDOUT = 110, EALREADY = 114, ESTALE = 116, EKEYREJECTED = 129, ENOTSUPP = 524;

    static readonly Dictionary<int, string> s_names = new()
    {
        [EPERM] = nameof(EPERM), [ENOENT] = nameof(ENOENT), [ESRCH] = nameof(ESRCH), [EINTR] = nameof(EINTR), [EIO] = nameof(EIO), [ENXIO] = nameof(ENXIO),
        [E2BIG] = nameof(E2BIG), [EBADF] = nameof(EBADF), [EAGAIN] = nameof(EAGAIN), [ENOMEM] = nameof(ENOMEM), [EACCES] = nameof(EACCES),
        [EFAULT] = nameof(EFAULT), [EBUSY] = nameof(EBUSY), [EEXIST] = nameof(EEXIST), [EXDEV] = nameof(EXDEV), [ENODEV] = nameof(ENODEV),
        [ENOTDIR] = nameof(ENOTDIR), [EISDIR] = nameof(EISDIR), [EINVAL] = nameof(EINVAL), [EMFILE] = nameof(EMFILE), [ENOSPC] = nameof(ENOSPC),
        [EROFS] = nameof(EROFS), [ERANGE] = nameof(ERANGE), [ENOSYS] = nameof(ENOSYS), [ENOTEMPTY] = nameof(ENOTEMPTY), [ELOOP] = nameof(ELOOP),
        [ENOLINK] = nameof(ENOLINK), [EPROTO] = nameof(EPROTO), [EILSEQ] = nameof(EILSEQ), [EOPNOTSUPP] = nameof(EOPNOTSUPP),
        [EAFNOSUPPORT] = nameof(EAFNOSUPPORT), [EADDRINUSE] = nameof(EADDRINUSE), [EADDRNOTAVAIL] = nameof(EADDRNOTAVAIL), [ETIMEDOUT] = nameof(ETIMEDOUT), [EALREADY] = nameof(EALREADY),
        [ESTALE] = nameof(ESTALE), [EKEYREJECTED] = nameof(EKEYREJECTED), [ENOTSUPP] = nameof(ENOTSUPP),
    };

    /// <summary>The symbolic name, or <c>errno N</c> for a number not listed here.</summary>
    public static string Name(int errno) => s_names.TryGetValue(errno, out var name) ? name : $"errno {errno}";
}
