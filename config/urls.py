"""All addresses: the app's own at the root, the administration beside them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from comparisons.views.session import admin_sign_in

urlpatterns = [
    # One way in for everybody: the administration's own form counts no wrong passwords.
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
    path("", include("comparisons.urls")),
]

handler400 = "comparisons.views.errors.bad_request"
handler403 = "comparisons.views.errors.forbidden"
handler404 = "comparisons.views.errors.not_found"
handler500 = "comparisons.views.errors.server_error"
